package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.error.StaleTokenException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Cases of calls that are followed, to the store and to listeners. */
abstract class TracingConformance {

    abstract Nodes nodes();

    @Test
    @DisplayName("F25: a listener on another node is told a change together with what the call said of itself")
    void headersReachListeners() {
        TracingRecorder calls = new TracingRecorder();
        TracingRecorder deliveries = new TracingRecorder();
        SyncService writer = nodes().open(builder -> builder.tracing(calls));
        SyncService reader = nodes().open(builder -> builder.tracing(deliveries));
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = reader.sync(topic);
                MapReplica<Counter> replica = reader.map(topic).replica()) {
            awaitCurrent(handle);
            handle.onChange(Delivery.EVERY, new Recorder<>());
            writer.optimisticUpdate(topic, state -> state.plus(1));
            eventually(() -> assertThat(deliveries.of("delivery")).containsExactly("call-1 told"));
            handle.onChange(Delivery.LATEST, new Recorder<>());
            eventually(() -> assertThat(deliveries.of("delivery")).containsExactly("call-1 told", "call-1 told"));
            replica.onChange(new MapRecorder<>());
            eventually(() -> assertThat(deliveries.of("delivery")).contains("none told"));
            deliveries.entries().clear();

            writer.delete(topic);

            eventually(() -> assertThat(deliveries.of("delivery")).hasSize(3).containsOnly("call-2 told"));
        }
    }

    @Test
    @DisplayName("F25: a follower is told a commit with the headers of its first change that has any")
    void headersReachFollowers() {
        SyncService writer = nodes().open(builder -> builder.tracing(new TracingRecorder()));
        TracingRecorder deliveries = new TracingRecorder();
        SyncService reader = nodes().open(builder -> builder.tracing(deliveries));
        Topic<Counter> topic = nodes().counters();
        MapRecorder<Counter> listener = new MapRecorder<>();
        try (Subscription following = reader.map(topic).follow(Scope.log(), Version.ABSENT, listener)) {
            assertThat(following).isNotNull();
            writer.map(topic).commit(commit -> commit.put("a", Counter.of(1)).put("b", Counter.of(2)));

            eventually(() -> assertThat(deliveries.of("delivery")).contains("call-1 told"));
            assertThat(deliveries.of("delivery").stream().filter(each -> each.startsWith("call")))
                    .hasSize(1);
        }
    }

    @Test
    @DisplayName("F25: updates that travel in one commit keep what each said of itself")
    void headersOfCombinedUpdates() {
        TracingRecorder tracing = new TracingRecorder();
        SyncService node = nodes().open(builder -> builder.tracing(tracing));
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            handle.onChange(Delivery.EVERY, new Recorder<>());
            Gate gate = nodes().occupy(node, topic); // is call-1
            List<CompletableFuture<Versioned<Counter>>> updates = List.of(
                    node.optimisticUpdateAsync(topic, state -> state.plus(1)),
                    node.optimisticUpdateAsync(topic, state -> state),
                    node.optimisticUpdateAsync(topic, state -> state.plus(1)));
            gate.open();
            updates.forEach(Nodes::join);

            eventually(() -> assertThat(tracing.of("delivery")).containsExactly("call-2 told", "call-4 told"));
            eventually(() -> assertThat(tracing.of("attempt")).contains("call-2 of 3 committed"));
        }
    }

    @Test
    @DisplayName("API: every call that may write is followed to its end, with what came of it")
    void callsAreFollowed() {
        TracingRecorder tracing = new TracingRecorder();
        SyncService node = nodes().open(builder -> builder.tracing(tracing));
        Topic<Counter> topic = nodes().counters();
        IllegalStateException thrown = new IllegalStateException("by the function");

        Version sent = node.send(topic, Counter.of(1)).version();
        node.optimisticUpdate(topic, state -> state);
        join(node.optimisticUpdateAsync(topic, state -> state.plus(1)));
        node.compareAndSet(topic, sent, Counter.of(7));
        assertThatThrownBy(() -> node.optimisticUpdate(topic, state -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        node.map(topic).commit(commit -> commit.expectAbsent("").put("a", Counter.of(1)));
        node.delete(topic);
        node.fetchLatest(topic);
        node.close();

        assertThat(tracing.of("send")).containsExactly("call-1 applied");
        assertThat(tracing.of("update")).containsExactly("call-2 applied", "call-3 applied", "call-5 failed");
        assertThat(tracing.of("compare_and_set")).containsExactly("call-4 conflict");
        assertThat(tracing.of("commit")).containsExactly("call-6 conflict");
        assertThat(tracing.of("delete")).containsExactly("call-7 applied");
        assertThat(tracing.of("attempt"))
                .contains("call-1 of 1 committed", "call-3 of 1 committed", "call-6 of 1 conflict");
        assertThat(tracing.entries())
                .filteredOn(entry -> entry.outcome().equals("failed"))
                .singleElement()
                .satisfies(entry -> assertThat(entry.failure()).isSameAs(thrown));
    }

    @Test
    @DisplayName(
            "API: a fenced update is followed as one call, which begins on its caller's thread, however often it is tried")
    void fencedUpdatesAreFollowed() {
        TracingRecorder tracing = new TracingRecorder();
        SyncService node = nodes().open(builder -> builder.tracing(tracing));
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Version older = new Version(1, 7, 0);
        Version newer = new Version(1, 8, 0);
        AtomicBoolean disturbed = new AtomicBoolean();

        join(node.fencedUpdateAsync(topic, "lock", newer, state -> {
            if (disturbed.compareAndSet(false, true)) {
                other.send(topic, Counter.of(7));
            }
            return state.plus(1);
        }));
        node.fencedUpdate(topic, "lock", newer, state -> state);
        assertThatThrownBy(() -> node.fencedUpdate(topic, "lock", older, state -> state))
                .isInstanceOf(StaleTokenException.class);
        node.close();

        assertThat(tracing.of("update")).containsExactly("call-1 applied", "call-2 applied", "call-3 not_applied");
        assertThat(tracing.of("attempt"))
                .containsExactly(
                        "call-1 of 1 conflict",
                        "call-1 of 1 committed",
                        "call-2 of 1 committed",
                        "call-3 of 1 conflict");
        assertThat(tracing.callers()).containsOnly(Thread.currentThread());
    }

    @Test
    @DisplayName("API: headers over the limit are left behind, and the call goes on")
    void tooManyHeaders() {
        SyncTracing talkative = new SyncTracing() {
            @Override
            public Span call(String topic, String operation) {
                return new Span() {
                    @Override
                    public Map<String, String> headers() {
                        return Map.of("call", "x".repeat(Limits.MAX_HEADERS_LENGTH));
                    }
                };
            }
        };
        SyncService writer = nodes().open(builder -> builder.tracing(talkative));
        TracingRecorder deliveries = new TracingRecorder();
        SyncService reader = nodes().open(builder -> builder.tracing(deliveries));
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = reader.sync(topic)) {
            awaitCurrent(handle);
            handle.onChange(Delivery.EVERY, new Recorder<>());

            assertThat(writer.send(topic, Counter.of(1)).value()).isEqualTo(Counter.of(1));

            eventually(() -> assertThat(deliveries.of("delivery")).containsExactly("none told"));
        }
    }
}
