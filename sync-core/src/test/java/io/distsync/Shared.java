package io.distsync;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What the tests of one class share: opened before the first of them, closed after the last.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final Shared<RedisStore> store = new Shared<>(RedisStore::new);
 * }</pre>
 */
public final class Shared<S extends AutoCloseable> implements BeforeAllCallback, AfterAllCallback {

    private final Callable<S> open;
    private @Nullable S opened;

    public Shared(Callable<S> open) {
        this.open = open;
    }

    /** What was opened. */
    public S get() {
        return Objects.requireNonNull(opened);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        opened = open.call();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (opened != null) {
            opened.close();
            opened = null;
        }
    }
}
