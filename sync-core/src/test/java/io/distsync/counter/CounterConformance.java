package io.distsync.counter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.RecipeConformance;
import io.distsync.RecipeNodes;
import io.distsync.ServiceFixture.Capability;
import io.distsync.Topic;
import io.distsync.backend.Selection;
import io.distsync.error.NotAppliedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@link SyncCounters} promises, on every backend. */
public abstract class CounterConformance extends RecipeConformance {

    private static final Duration LEASE = Duration.ofSeconds(6);
    private static final long LARGEST = (1L << 53) - 1;

    private static final class Node extends RecipeNodes.Node {

        private final String prefix;
        private final SyncCounters counters;

        Node(RecipeNodes nodes) {
            this(nodes, LEASE);
        }

        Node(RecipeNodes nodes, Duration lease) {
            super(nodes);
            prefix = "counter:" + nodes.unique("");
            counters = SyncCounters.builder(service())
                    .prefix(prefix)
                    .lease(lease)
                    .interval(Duration.ofMillis(5))
                    .time(time())
                    .build();
        }

        SyncCounter counter() {
            return counters.counter("x");
        }

        LeasedCounter leased() {
            return counters.leased("jobs");
        }

        /** The shares of all nodes in the store. */
        List<Long> stored() {
            return service()
                    .map(Topic.of(prefix + "leased:jobs", Long.class))
                    .read(Selection.first("", 100))
                    .entries()
                    .stream()
                    .map(entry -> entry.versioned().value())
                    .toList();
        }

        @Override
        protected void closeRecipe() {
            counters.close();
        }
    }

    // --- counters ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("C1: threads of two nodes that count get each number once")
    void sums() throws Exception {
        Node[] both = {new Node(nodes), new Node(nodes)};
        List<Future<List<Long>>> all = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            for (int i = 0; i < 6; i++) {
                SyncCounter counter = both[i % 2].counter();
                all.add(threads.submit(() -> LongStream.range(0, 50)
                        .map(n -> counter.increment())
                        .boxed()
                        .toList()));
            }
            List<Long> numbers = new ArrayList<>();
            for (Future<List<Long>> each : all) {
                assertThat(each.get()).isSorted();
                numbers.addAll(each.get());
            }
            assertThat(numbers)
                    .containsExactlyInAnyOrderElementsOf(
                            LongStream.rangeClosed(1, 300).boxed().toList());
        } finally {
            threads.shutdownNow();
        }
        assertThat(both[0].counter().get()).isEqualTo(300);
    }

    @Test
    @DisplayName("C1: a counter begins at 0, takes any step, and knows its sum")
    void steps() {
        SyncCounter counter = new Node(nodes).counter();
        assertThat(counter.get()).isZero();
        assertThat(counter.add(41)).isEqualTo(41);
        assertThat(counter.decrement()).isEqualTo(40);
        CompletableFuture<Long> later = counter.addAsync(-50);
        assertThat(later).succeedsWithin(BOUND).isEqualTo(-10L);
        assertThat(counter.get()).isEqualTo(-10);
    }

    @Test
    @DisplayName("C2: a sum out of range is refused and changes nothing")
    void range() {
        SyncCounter counter = new Node(nodes).counter();
        assertThat(counter.add(LARGEST)).isEqualTo(LARGEST);
        assertThatThrownBy(counter::increment).isInstanceOf(NotAppliedException.class);
        assertThat(counter.get()).isEqualTo(LARGEST);
        assertThat(counter.decrement()).isEqualTo(LARGEST - 1);
    }

    // --- leased counters --------------------------------------------------------------------------------------------

    @Test
    @DisplayName("C3: no other counter can have the topic of a leased one")
    void names() {
        SyncCounters counters = new Node(nodes).counters;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> counters.counter("leased:jobs"))
                .withMessageContaining("'leased:jobs'");
    }

    @Test
    @DisplayName("C3: what all nodes have added is summed by key, the own share at once")
    void totals() {
        LeasedCounter a = new Node(nodes).leased();
        LeasedCounter b = new Node(nodes).leased();
        a.add("one", 2);
        assertThat(a.total("one")).isEqualTo(2);
        b.add("one", 3);
        b.add("two/with/slashes", 1);
        assertThat(b.total("one")).isGreaterThanOrEqualTo(3);
        for (LeasedCounter each : List.of(a, b)) {
            eventually().until(() -> each.total("one") == 5 && each.total("two/with/slashes") == 1);
        }
        a.add("one", -2);
        eventually().until(() -> b.total("one") == 3);
        assertThat(b.total("never")).isZero();
    }

    @Test
    @DisplayName("C4: many changes are few writes, and a share of 0 leaves nothing in the store")
    void coalesced() {
        Node a = new Node(nodes);
        LeasedCounter b = new Node(nodes).leased();
        for (int i = 0; i < 1_000; i++) {
            a.leased().add("x", 1);
        }
        eventually().until(() -> b.total("x") == 1_000);
        for (int i = 0; i < 1_000; i++) {
            a.leased().add("x", -1);
        }
        eventually().until(() -> b.total("x") == 0);
        assertThat(a.stored()).isEmpty();
        assertThat(a.service()
                        .map(Topic.of(a.prefix + "leased:jobs", Long.class))
                        .read(Selection.none())
                        .head()
                        .revision())
                .as("writes")
                .isLessThan(500);
    }

    @Test
    @DisplayName("C5: a node that is not heard of counts until its lease is over, and again when it is back")
    void pausedNode() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        LeasedCounter b = new Node(nodes).leased();
        a.leased().add("x", 7);
        b.add("x", 1);
        eventually().until(() -> b.total("x") == 8);
        eventually().until(() -> a.leased().total("x") == 8);
        List<Long> seen = new ArrayList<>();
        nodes.advance(LEASE);
        a.wakeAfter(LEASE);
        eventually().until(() -> {
            long now = b.total("x");
            seen.add(now);
            return seen.contains(1L) && now == 8;
        });
        assertThat(seen).containsOnly(8L, 1L);
        eventually().until(() -> a.leased().total("x") == 8);
        assertThat(a.stored()).containsExactlyInAnyOrder(7L, 1L);
    }

    @Test
    @DisplayName("C6: a node that is closed takes back its share at once")
    void closing() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        a.leased().add("x", 7);
        b.leased().add("x", 1);
        eventually().until(() -> b.leased().total("x") == 8);
        LeasedCounter closed = a.leased();
        a.closeRecipe();
        assertThat(b.stored()).containsExactly(1L);
        eventually().until(() -> b.leased().total("x") == 1);
        assertThatThrownBy(() -> closed.add("x", 1))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("'jobs'");
    }

    @Test
    @DisplayName("C6: a node that is closed by an interrupted thread takes back its share, and the flag stays set")
    void closingWhileInterrupted() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        a.leased().add("x", 7);
        eventually().until(() -> b.leased().total("x") == 7);
        Thread.currentThread().interrupt();
        a.closeRecipe();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(b.stored()).isEmpty();
    }

    @Test
    @DisplayName("C7: a store that is away: what was known stays, and what was added meanwhile is told when it is back")
    void storeIsAway() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        LeasedCounter b = new Node(nodes).leased();
        a.leased().add("x", 1);
        b.add("x", 1);
        eventually().until(() -> b.total("x") == 2);
        eventually().until(() -> a.leased().total("x") == 2);
        a.cut();
        a.leased().add("x", 5);
        assertThat(a.leased().total("x")).isEqualTo(7);
        a.heal();
        eventually().until(() -> b.total("x") == 7);
        assertThat(a.leased().total("x")).isEqualTo(7);
    }

    @Test
    @DisplayName("C7: a share that came back to its old number while it could not be written is written all the same")
    void backToTheOldNumber() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes, Duration.ofSeconds(2));
        LeasedCounter b = new Node(nodes).leased();
        a.leased().add("x", 5);
        eventually().until(() -> b.total("x") == 5);
        a.cut();
        a.leased().add("x", -5);
        await().during(Duration.ofMillis(300))
                .atMost(BOUND)
                .until(() -> a.leased().total("x") == 0);
        a.leased().add("x", 5);
        await().during(Duration.ofMillis(300))
                .atMost(BOUND)
                .until(() -> a.leased().total("x") == 5);
        a.heal();
        eventually().until(() -> b.total("x") == 5);
        await().during(Duration.ofSeconds(3))
                .atMost(BOUND)
                .until(() -> a.stored().equals(List.of(5L)));
    }

    @Test
    @DisplayName("C4: more keys than one round takes are all written")
    void manyKeys() {
        Node a = new Node(nodes);
        LeasedCounter b = new Node(nodes).leased();
        for (int i = 0; i < 1_000; i++) {
            a.leased().add("key" + i, 1);
        }
        eventually().until(() -> b.total() == 1_000);
        assertThat(b.total("key999")).isEqualTo(1);
    }
}
