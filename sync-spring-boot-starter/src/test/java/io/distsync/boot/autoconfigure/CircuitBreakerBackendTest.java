package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the circuit opens and closes, in virtual time. */
class CircuitBreakerBackendTest {

    private static final String TOPIC = "app_state";
    private static final Duration OPEN_AFTER = Duration.ofSeconds(5);
    private static final Duration PROBE = Duration.ofSeconds(1);

    private final ManualTime time = new ManualTime();
    private final ManualScheduler scheduler = new ManualScheduler();
    private final SilentBackend store = new SilentBackend();
    private final CircuitBreaker breaker = CircuitBreaker.of("sync", CircuitBreakerGuard.CONFIG);
    private final SyncBackend backend = new CircuitBreakerBackend(store, breaker, OPEN_AFTER, PROBE, scheduler, time);
    private long requests;

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void shortSilenceOfManyCallsDoesNotOpenIt() {
        store.refuse(CircuitBreakerBackendTest::away);
        for (int i = 0; i < 1_000; i++) {
            assertFails(read(), BackendUnavailableException.class);
        }
        pass(OPEN_AFTER.minusMillis(1));
        assertFails(read(), BackendUnavailableException.class);
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void longSilenceOpensItAndNothingIsSentAnyMore() {
        open(CircuitBreakerBackendTest::away);

        int before = store.requests();
        for (int i = 0; i < 100; i++) {
            assertFails(read(), NotAppliedException.class)
                    .hasMessageContaining("has not answered since")
                    .hasMessageContaining("nothing was sent")
                    .hasCauseInstanceOf(CallNotPermittedException.class);
            assertFails(commit(), NotAppliedException.class);
            assertFails(backend.history(TOPIC, Version.ABSENT, 1), NotAppliedException.class);
        }
        assertThat(store.requests()).isEqualTo(before);
        assertThat(breaker.getMetrics().getNumberOfNotPermittedCalls()).isEqualTo(300);
    }

    @Test
    void refusedCallIsOfNoKindThatTheServiceRepeats() {
        open(CircuitBreakerBackendTest::away);
        assertThatThrownBy(() -> commit().toCompletableFuture().join())
                .cause()
                .isExactlyInstanceOf(NotAppliedException.class);
    }

    @Test
    void unknownOutcomesAreSilenceToo() {
        open(() -> new OutcomeUnknownException("no answer"));
        assertFails(commit(), NotAppliedException.class);
    }

    @Test
    void oneAnswerEndsTheOutage() {
        store.refuse(CircuitBreakerBackendTest::away);
        assertFails(read(), BackendUnavailableException.class);
        pass(OPEN_AFTER.minusMillis(1));
        store.refuse(null);
        assertThat(read().toCompletableFuture()).isCompleted();
        store.refuse(CircuitBreakerBackendTest::away);
        pass(Duration.ofMillis(500));
        assertFails(read(), BackendUnavailableException.class);
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void twoFailuresFarApartAreNoOutage() {
        store.refuse(CircuitBreakerBackendTest::away);
        assertFails(read(), BackendUnavailableException.class);
        store.refuse(null);
        pass(Duration.ofMinutes(1));
        store.refuse(CircuitBreakerBackendTest::away);
        assertFails(read(), BackendUnavailableException.class);
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void aLonelyFailureIsFollowedUp() {
        store.refuse(CircuitBreakerBackendTest::away);
        assertFails(read(), BackendUnavailableException.class);
        pass(OPEN_AFTER);
        assertThat(breaker.getState()).isEqualTo(State.OPEN);
    }

    @Test
    void conflictsAndRejectionsDoNotOpenIt() {
        store.refuse(() -> new RejectedException("no right"));
        for (int i = 0; i < 20; i++) {
            assertFails(commit(), RejectedException.class);
            pass(PROBE);
        }
        store.refuse(null);
        for (int i = 0; i < 20; i++) {
            assertThat(commit(Check.versionIs("", new Version(1, 1, 1)))
                            .toCompletableFuture()
                            .join())
                    .isInstanceOf(CommitResult.Conflict.class);
            pass(PROBE);
        }
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
        assertThat(scheduler.tasks).isEmpty();
    }

    @Test
    void badArgumentIsThrownAsItIs() {
        assertThatThrownBy(() -> backend.read("a topic", Selection.none()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void itIsProbedWhileOpenAndClosesWithTheFirstAnswer() {
        open(CircuitBreakerBackendTest::away);
        int before = store.requests();
        pass(PROBE.multipliedBy(3));
        assertThat(store.requests()).isEqualTo(before + 3);
        assertThat(breaker.getState()).isEqualTo(State.OPEN);

        List<State> seen = new ArrayList<>();
        store.refuse(() -> {
            seen.add(breaker.getState());
            return away();
        });
        pass(PROBE);
        assertThat(seen).containsExactly(State.HALF_OPEN);
        assertThat(breaker.getState()).isEqualTo(State.OPEN);

        store.refuse(null);
        pass(PROBE);
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
        assertThat(read().toCompletableFuture()).isCompleted();
        pass(PROBE);
        assertThat(scheduler.tasks).isEmpty();
    }

    @Test
    void leasesAreRenewedWhileItIsOpenAndTheAnswerClosesIt() {
        commit(Mutation.put("held", Payload.ofBytes(new byte[] {1}), LeaseRule.set("id", Duration.ofDays(1))));
        open(CircuitBreakerBackendTest::away);
        List<Lease> leases = List.of(new Lease(TOPIC, "held", "id"));

        assertFails(backend.keepAlive(leases), BackendUnavailableException.class);
        assertThat(store.renewals()).isEqualTo(1);
        assertThat(breaker.getState()).isEqualTo(State.OPEN);

        store.refuse(null);
        assertThat(backend.keepAlive(leases).toCompletableFuture()).isCompletedWithValue(List.of());
        assertThat(breaker.getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void infoTellsHowItStands() {
        assertThat(backend.info().details()).containsEntry("circuitBreaker", "CLOSED");
        assertThat(backend.info().unreachableSince()).isNull();
        Instant begun = time.instant();
        open(CircuitBreakerBackendTest::away);

        assertThat(backend.info().unreachableSince()).isEqualTo(begun);
        assertThat(backend.info().details())
                .containsEntry("circuitBreaker", "OPEN")
                .containsEntry("circuitBreakerSince", begun.plus(OPEN_AFTER).toString())
                .containsEntry(
                        "circuitBreakerRetryAt",
                        begun.plus(OPEN_AFTER).plus(PROBE).toString());

        store.refuse(null);
        pass(PROBE);
        assertThat(backend.info().details())
                .containsEntry("circuitBreaker", "CLOSED")
                .doesNotContainKeys("circuitBreakerSince", "circuitBreakerRetryAt");
        assertThat(backend.info().unreachableSince()).isNull();
    }

    @Test
    void operatorsMayForceIt() {
        breaker.transitionToForcedOpenState();
        assertFails(read(), NotAppliedException.class).hasMessageContaining("is open; nothing was sent");
        assertThat(backend.keepAlive(List.of(new Lease(TOPIC, "none", "id"))).toCompletableFuture())
                .isCompleted();
        assertThat(breaker.getState()).isEqualTo(State.FORCED_OPEN);
    }

    @Test
    void infoTellsOfACircuitThatWasOpenedByHand() {
        Instant opened = time.instant();
        breaker.transitionToForcedOpenState();
        assertFails(read(), NotAppliedException.class);
        time.advance(PROBE);

        assertThat(backend.info().unreachableSince()).isEqualTo(opened);
        assertThat(backend.info().details())
                .containsEntry("circuitBreaker", "FORCED_OPEN")
                .containsEntry("circuitBreakerSince", opened.toString())
                .doesNotContainKey("circuitBreakerRetryAt");

        breaker.transitionToClosedState();
        assertThat(backend.info().unreachableSince()).isNull();
        assertThat(backend.info().details()).doesNotContainKey("circuitBreakerSince");
        assertThat(read().toCompletableFuture()).isCompleted();
        time.advance(PROBE);
        breaker.transitionToOpenState();
        assertThat(backend.info().unreachableSince()).isEqualTo(time.instant());
    }

    /** Threads meet in every transition there is; none of them may be told anything but what the store said. */
    @Test
    void outcomesStandWhileTheCircuitFlaps() {
        CircuitBreaker hasty = CircuitBreaker.of(
                "sync",
                CircuitBreakerConfig.from(CircuitBreakerGuard.CONFIG)
                        .waitDurationInOpenState(Duration.ofMillis(1))
                        .build());
        try (Scheduler probes = Scheduler.threaded("distsync-flapping")) {
            SyncBackend flapping = new CircuitBreakerBackend(
                    store, hasty, Duration.ZERO, Duration.ofMillis(1), probes, TimeSource.system());
            List<CompletableFuture<Void>> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                threads.add(CompletableFuture.runAsync(() -> callOften(flapping)));
            }
            assertThat(CompletableFuture.allOf(threads.toArray(CompletableFuture[]::new)))
                    .succeedsWithin(Duration.ofSeconds(60));
            store.refuse(null);
            await().atMost(Duration.ofSeconds(60)).until(() -> hasty.getState() == State.CLOSED);
        }
    }

    private void callOften(SyncBackend flapping) {
        List<Lease> leases = List.of(new Lease(TOPIC, "none", "id"));
        for (int i = 0; i < 5_000; i++) {
            store.refuse(i % 7 < 3 ? CircuitBreakerBackendTest::away : null);
            assertSaysWhatIsKnown(flapping.read(TOPIC, Selection.none()));
            assertSaysWhatIsKnown(flapping.keepAlive(leases));
        }
    }

    private static void assertSaysWhatIsKnown(CompletionStage<?> stage) {
        stage.exceptionally(failure -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    assertThat(cause).isInstanceOf(NotAppliedException.class);
                    return null;
                })
                .toCompletableFuture()
                .join();
    }

    /** A default method that is added to the interface must not be answered by the interface. */
    @Test
    void everyMethodOfABackendIsPassedOn() {
        for (Method method : SyncBackend.class.getDeclaredMethods()) {
            assertThat(CircuitBreakerBackend.class.getDeclaredMethods())
                    .as(method.toString())
                    .anyMatch(own -> own.getName().equals(method.getName())
                            && Arrays.equals(own.getParameterTypes(), method.getParameterTypes()));
        }
    }

    private void open(Supplier<RuntimeException> failure) {
        store.refuse(failure);
        assertFails(read(), failure.get().getClass());
        pass(OPEN_AFTER);
        assertThat(breaker.getState()).isEqualTo(State.OPEN);
    }

    private static RuntimeException away() {
        return new BackendUnavailableException("away");
    }

    private CompletionStage<?> read() {
        return backend.read(TOPIC, Selection.none());
    }

    private CompletionStage<CommitResult> commit(Check... checks) {
        return backend.commit(Commit.of(TOPIC, nextRequest(), Version.ABSENT, List.of(checks), List.of()));
    }

    private void commit(Mutation mutation) {
        assertThat(backend.commit(Commit.of(TOPIC, nextRequest(), Version.ABSENT, List.of(), List.of(mutation)))
                        .toCompletableFuture())
                .isCompleted();
    }

    private RequestId nextRequest() {
        return new RequestId(1, ++requests);
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertFails(
            CompletionStage<?> stage, Class<? extends Throwable> how) {
        return assertThatThrownBy(() -> stage.toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(how);
    }

    /** Lets time pass, and what is due in it happen at its time. */
    private void pass(Duration length) {
        long end = time.nanos() + length.toNanos();
        while (true) {
            ManualScheduler.Task next = scheduler.tasks.stream()
                    .filter(task -> task.due() <= end)
                    .min((one, other) -> Long.compare(one.due(), other.due()))
                    .orElse(null);
            if (next == null) {
                time.advance(Duration.ofNanos(end - time.nanos()));
                return;
            }
            scheduler.tasks.remove(next);
            time.advance(Duration.ofNanos(next.due() - time.nanos()));
            next.action().run();
        }
    }

    private final class ManualScheduler implements Scheduler {

        private final List<Task> tasks = new ArrayList<>();

        @Override
        public Cancellable schedule(Runnable action, Duration delay) {
            Task task = new Task(action, time.nanos() + delay.toNanos());
            tasks.add(task);
            return () -> tasks.remove(task);
        }

        @Override
        public void close() {
            tasks.clear();
        }

        private record Task(Runnable action, long due) {}
    }
}
