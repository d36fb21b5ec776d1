package io.distsync.boot.autoconfigure.cloud;

import io.distsync.boot.SyncOwnRegistration;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.RegistrationStatus;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.serviceregistry.ServiceRegistry;

/**
 * Lets Spring Cloud look at the status of the application's own registration, and set it. It is made and ended with the
 * application, not by this: {@code register} sets the status to {@code UP}, and {@code deregister} to {@code DRAINING}.
 */
final class SyncServiceRegistry implements ServiceRegistry<CloudRegistration> {

    private final SyncOwnRegistration own;

    SyncServiceRegistry(SyncOwnRegistration own) {
        this.own = own;
    }

    @Override
    public void register(@Nullable CloudRegistration registration) {
        set(InstanceStatus.UP);
    }

    @Override
    public void deregister(@Nullable CloudRegistration registration) {
        set(InstanceStatus.DRAINING);
    }

    /**
     * Sets the status.
     *
     * @param status {@code UP}, {@code DOWN}, or {@code DRAINING}, for which {@code OUT_OF_SERVICE} is another name; in any case
     * @throws IllegalArgumentException if it is another one
     */
    @Override
    public void setStatus(CloudRegistration registration, String status) {
        String name = status.toUpperCase(Locale.ROOT);
        set(name.equals("OUT_OF_SERVICE") ? InstanceStatus.DRAINING : InstanceStatus.valueOf(name));
    }

    private void set(InstanceStatus status) {
        RegistrationStatus unused = own.current().update(instance -> instance.withStatus(status));
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"
    }) // the interface lets its implementation choose the type: a text
    public <T> T getStatus(CloudRegistration registration) {
        return (T) own.current().instance().status().name();
    }

    @Override
    public void close() {}
}
