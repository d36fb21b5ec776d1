package io.distsync;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the suites of the recipes have in common: the nodes of a test, on the store of a backend, and how to wait for them. */
@Timeout(60)
public abstract class RecipeConformance {

    protected static final Duration BOUND = Duration.ofSeconds(20);

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    protected RecipeNodes nodes;

    /** Makes the store of one test, empty or with topics of other names only. */
    protected abstract ServiceFixture createFixture() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        nodes = new RecipeNodes(createFixture(), nothingLeftBehind);
    }

    @AfterEach
    void closeStore() {
        nodes.close();
    }

    protected static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(5));
    }

    /** Waits until a lease that is kept has been renewed once more. */
    protected static void awaitRenewal(Supplier<Duration> remaining) {
        AtomicReference<Duration> before = new AtomicReference<>(Duration.ofSeconds(Long.MAX_VALUE));
        eventually().until(() -> {
            Duration now = remaining.get();
            return now.compareTo(before.getAndSet(now)) > 0;
        });
    }
}
