package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.ScriptedBackend.Fault;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

/** Many callers on one topic of a store whose answers come from another thread. */
@Timeout(120)
class PipelineStressTest {

    private static final int CALLERS = 50;
    private static final int UPDATES = 2_000;

    @RepeatedTest(5)
    @DisplayName("S33: every update of 50 threads is applied once, with two commits under way")
    void everyUpdateOnce() {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ExecutorService wire = Executors.newSingleThreadExecutor(work -> new Thread(work, "wire"));
        Fault arrival = (commit, store) -> {
            underWay.decrementAndGet();
            return store.apply(commit);
        };
        Fault slow = (commit, store) -> {
            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
            return Fault.over(wire, arrival).play(commit, store);
        };
        try (Nodes nodes = new Nodes(new ScriptedFixture(connection -> connection.always(slow)))) {
            SyncService node = nodes.open();
            Topic<Counter> topic = nodes.counters();

            Together.run(CALLERS, caller -> {
                for (int i = 0; i < UPDATES; i++) {
                    node.optimisticUpdate(topic, state -> state.plus(1));
                }
            });

            assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(CALLERS * UPDATES));
            assertThat(nodes.head(topic).revision()).isEqualTo(CALLERS * UPDATES);
            assertThat(most).hasValue(2);
        } finally {
            wire.shutdown();
        }
    }
}
