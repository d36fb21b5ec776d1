package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.LocalFixture;
import io.distsync.NothingLeftBehind;
import io.distsync.RecipeNodes;
import io.distsync.counter.SyncCounters;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.balance.JobCounts.Job;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs that are counted in the whole cluster; how that is kept by each backend is shown by the suite of the counters. */
@Timeout(60)
class SharedJobCountsTest {

    private static final Duration LEASE = Duration.ofSeconds(6);
    private static final ServiceInstance BUSY =
            ServiceInstance.of("orders", "10.0.0.1", 80).withId("busy");
    private static final ServiceInstance IDLE =
            ServiceInstance.of("orders", "10.0.0.2", 80).withId("idle");

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final RecipeNodes nodes = new RecipeNodes(new LocalFixture(), nothingLeftBehind);

    @AfterEach
    void close() {
        nodes.close();
    }

    private static final class Node extends RecipeNodes.Node {

        private final SyncCounters counters;
        private final JobCounts counts;

        Node(RecipeNodes nodes) {
            super(nodes);
            counters = SyncCounters.builder(service())
                    .lease(LEASE)
                    .interval(Duration.ofMillis(5))
                    .time(time())
                    .build();
            counts = JobCounts.shared(counters.leased("orders"));
        }

        @Override
        protected void closeRecipe() {
            counters.close();
        }
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5));
    }

    @Test
    @DisplayName("R35: the fewest jobs are those of all nodes, and jobs that ended count no more")
    void jobsOfOthers() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Candidates both = Candidates.of(List.of(BUSY, IDLE));
        LoadBalancer least = LoadBalancer.leastConnections(b.counts);
        Job job = a.counts.begin(BUSY);
        eventually().until(() -> b.counts.of(BUSY).getAsInt() == 1);
        for (int i = 0; i < 10; i++) {
            assertThat(least.choose(both, null)).isEqualTo(IDLE);
        }
        assertThat(b.counts.total()).isEqualTo(1);
        job.close();
        job.close();
        assertThat(a.counts.of(BUSY).getAsInt()).isZero();
        eventually().until(() -> b.counts.of(BUSY).getAsInt() == 0);
        assertThat(b.counts.total()).isZero();
    }

    @Test
    void callsGoOnWhenTheCounterIsClosed() {
        Node a = new Node(nodes);
        a.closeRecipe();
        Job job = a.counts.begin(BUSY);
        assertThat(a.counts.of(BUSY).getAsInt()).isZero();
        job.close();
        assertThat(a.counts.total()).isZero();
    }

    @Test
    void idsThatAreTooLongAreRefused() {
        Node a = new Node(nodes);
        a.counts.begin(BUSY.withId("x".repeat(987))).close();
        assertThatThrownBy(() -> a.counts.begin(BUSY.withId("x".repeat(988))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("R35: jobs of a node that crashed in the middle of them count until its lease is over")
    void crashInMidJob() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        for (int i = 0; i < 3; i++) {
            Job unused = a.counts.begin(BUSY);
        }
        eventually().until(() -> b.counts.of(BUSY).getAsInt() == 3);
        a.closeRecipe(); // no crash: but nobody ends these jobs any more
        eventually().until(() -> b.counts.of(BUSY).getAsInt() == 0);
        Node c = new Node(nodes);
        Job crashed = c.counts.begin(IDLE);
        eventually().until(() -> b.counts.of(IDLE).getAsInt() == 1);
        nodes.advance(LEASE);
        eventually().until(() -> b.counts.of(IDLE).getAsInt() == 0);
        crashed.close();
        assertThat(c.counts.of(IDLE).getAsInt()).isZero();
        assertThat(b.counts.total()).isZero();
    }
}
