package io.distsync.boot.autoconfigure.registry;

import io.distsync.boot.SyncOwnRegistration;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationStatus;
import io.distsync.registry.SyncRegistry;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;

/**
 * Registers the application while its context runs.
 *
 * <p>It begins after the web server, whose port is known then. When the context stops it is told first: callers are to go
 * elsewhere before the graceful shutdown of the web server (phase {@code DEFAULT_PHASE - 1024}) refuses them. The instance is
 * taken off the list as a bean, when the last request has been served, before the registry and the service are closed.
 */
final class OwnRegistration implements SyncOwnRegistration, SmartLifecycle, DisposableBean {

    /*
     * Threads. Those of the container, which does not start and stop at once; others only read.
     */

    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

    private final Function<SyncRegistry, Registration> register;
    private final SyncRegistry registry;
    private volatile @Nullable Registration registration;
    private volatile boolean running;

    /** @param register registers the application as it is when the web server is up */
    OwnRegistration(SyncRegistry registry, Function<SyncRegistry, Registration> register) {
        this.registry = registry;
        this.register = register;
    }

    @Override
    public Registration current() {
        Registration known = registration;
        if (known == null) {
            throw new IllegalStateException("the application is registered when its web server is up");
        }
        return known;
    }

    @Override
    public void start() {
        destroy(); // of a time before; the port may be another one
        registration = register.apply(registry);
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        RegistrationStatus unused = current().drain();
    }

    @Override
    public void destroy() {
        Registration known = registration;
        if (known != null) {
            known.close();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
