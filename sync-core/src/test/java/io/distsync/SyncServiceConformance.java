package io.distsync;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What {@link SyncService} promises, whatever backend it stands on. A backend runs it by extending this class and
 * supplying a {@link ServiceFixture}; what its fixture cannot play is skipped with the reason. Display names begin with
 * the number of the case: S for state and compare-and-set, F for the change feed, API for what the Javadoc promises
 * beyond them.
 */
@Timeout(60)
public abstract class SyncServiceConformance {

    @RegisterExtension
    static final NothingLeftBehind NOTHING_LEFT_BEHIND = new NothingLeftBehind();

    private Nodes nodes;

    /** Makes the store of one test, empty or with topics of other names only. */
    protected abstract ServiceFixture createFixture() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        nodes = new Nodes(createFixture(), NOTHING_LEFT_BEHIND::watch);
    }

    @AfterEach
    void closeStore() {
        nodes.close();
    }

    @Nested
    @DisplayName("State and compare-and-set")
    class State extends StateConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }

    @Nested
    @DisplayName("Update pipeline")
    class Pipeline extends PipelineConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }

    @Nested
    @DisplayName("Change feed")
    class Feed extends FeedConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }

    @Nested
    @DisplayName("Handles")
    class Handles extends HandleConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }

    @Nested
    @DisplayName("Maps")
    class Maps extends MapConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }

    @Nested
    @DisplayName("Tracing")
    class Tracing extends TracingConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }

    @Nested
    @DisplayName("Lifecycle")
    class Lifecycle extends LifecycleConformance {
        @Override
        Nodes nodes() {
            return nodes;
        }
    }
}
