package io.distsync.boot.autoconfigure;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.IllegalStateTransitionException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backend behind a circuit breaker. While the circuit is open, reads and commits fail at once with a {@link
 * NotAppliedException} that the service does not repeat; leases are renewed and topics followed as ever.
 */
final class CircuitBreakerBackend implements SyncBackend {

    /*
     * What counts. An answer is a stage that completes with a result, a conflict included. Silence is a stage that fails with
     * BackendUnavailableException or OutcomeUnknownException. Everything else, a rejection for example, is neither.
     *
     * When it opens. The service repeats an attempt every few milliseconds, so failures in a row tell how many calls there
     * are, and not for how long the store has been silent. An outage begins with the first silence and ends with the next
     * answer; the breaker is told of silence only when the outage has lasted for `openAfter`.
     *
     * When it closes. From the beginning of an outage to its end the store is asked at each interval, so that an outage
     * is never two failures far apart, and an application that asks nothing sees the circuit close. These probes read
     * nothing, of the topic that failed first. Any other answer closes the circuit as well.
     *
     * Others may open it too: an operator, or slow answers to an instance of the application. What that is called in health must
     * not depend on who did it, so whoever finds it open takes note.
     *
     * Threads. Stages complete on threads of the backend. `outage` and `openedAt` are set by compare-and-set by whoever
     * finds that they begin or end. Probes run on the scheduler; each is followed by another as long as its outage is
     * the present one, so there is one chain of them for an outage.
     */

    private static final Logger log = LoggerFactory.getLogger(CircuitBreakerBackend.class);

    private static final Set<State> PASSING = EnumSet.of(State.CLOSED, State.DISABLED, State.METRICS_ONLY);

    private final SyncBackend backend;
    private final CircuitBreaker breaker;
    private final Duration openAfter;
    private final Duration probeInterval;
    private final Scheduler scheduler;
    private final TimeSource time;
    private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();
    private final AtomicReference<@Nullable Instant> openedAt = new AtomicReference<>();
    private volatile @Nullable Instant nextProbe;

    /**
     * A guarded backend.
     *
     * @param openAfter how long the store has to be silent before the breaker is told
     * @param probeInterval time between two probes during an outage
     * @param scheduler runs the probes; stays the caller's to close
     */
    CircuitBreakerBackend(
            SyncBackend backend,
            CircuitBreaker breaker,
            Duration openAfter,
            Duration probeInterval,
            Scheduler scheduler,
            TimeSource time) {
        this.backend = backend;
        this.breaker = breaker;
        this.openAfter = openAfter;
        this.probeInterval = probeInterval;
        this.scheduler = scheduler;
        this.time = time;
    }

    // --- what is guarded --------------------------------------------------------------------------------------------

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        return guarded(topic, () -> backend.read(topic, selection));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return guarded(commit.topic(), () -> backend.commit(commit));
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        return guarded(topic, () -> backend.history(topic, after, limit));
    }

    private <R> CompletionStage<R> guarded(String topic, Supplier<CompletionStage<R>> request) {
        if (!isPermitted()) {
            return CompletableFuture.failedFuture(refusal());
        }
        long begun = time.nanos();
        CompletionStage<R> stage;
        try {
            stage = request.get();
        } catch (RuntimeException | Error e) {
            breaker.releasePermission();
            throw e;
        }
        return stage.whenComplete((result, failure) -> {
            if (!tell(topic, begun, failure)) {
                breaker.releasePermission();
            }
        });
    }

    private boolean isPermitted() {
        try {
            return breaker.tryAcquirePermission();
        } catch (IllegalStateTransitionException e) {
            return true; // it was about to become half-open, and an answer closed it first
        }
    }

    /** Not one of those the service repeats. */
    private NotAppliedException refusal() {
        Instant unused = openSince();
        Outage now = outage.get();
        return new NotAppliedException(
                "circuit breaker '" + breaker.getName() + "' is open"
                        + (now == null ? "" : ": the store has not answered since " + now.since)
                        + "; nothing was sent",
                CallNotPermittedException.createCallNotPermittedException(breaker));
    }

    // --- what passes ------------------------------------------------------------------------------------------------

    /** A lease must not be lost because nobody has noticed yet that the store is back; and it is noticed by this. */
    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        if (leases.isEmpty()) {
            return backend.keepAlive(leases);
        }
        String topic = leases.iterator().next().topic();
        long begun = time.nanos();
        return backend.keepAlive(leases).whenComplete((gone, failure) -> tell(topic, begun, failure));
    }

    /** Feeds find their way back by themselves. */
    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        return backend.follow(topic, after, scope, listener);
    }

    @Override
    public @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return backend.foresee(head, commit, mutation);
    }

    /** What the backend says, and how the circuit stands. A store behind an open circuit has not been reached. */
    @Override
    public BackendInfo info() {
        BackendInfo info = backend.info();
        Map<String, String> details = new LinkedHashMap<>(info.details());
        details.put("circuitBreaker", breaker.getState().name());
        Instant opened = openSince();
        Outage now = outage.get();
        Instant retry = nextProbe;
        Instant unreachableSince = info.unreachableSince();
        if (opened != null) {
            details.put("circuitBreakerSince", opened.toString());
            if (now != null && retry != null) {
                details.put("circuitBreakerRetryAt", retry.toString());
            }
            if (unreachableSince == null) {
                unreachableSince = now == null ? opened : now.since;
            }
        }
        return new BackendInfo(
                info.name(), info.serializes(), info.maxPayloadBytes(), unreachableSince, details, info.broadcast());
    }

    @Override
    public void close() {
        backend.close();
    }

    // --- outcomes ---------------------------------------------------------------------------------------------------

    /** Takes note of an outcome, which stands whatever the breaker makes of it; false if that was not told. */
    private boolean tell(String topic, long begun, @Nullable Throwable failure) {
        long took = time.nanos() - begun;
        try {
            if (failure == null) {
                answered(took);
                return true;
            }
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            boolean isSilence =
                    cause instanceof BackendUnavailableException || cause instanceof OutcomeUnknownException;
            return isSilence && silent(topic, took, cause);
        } catch (RuntimeException e) {
            LogEvent.CIRCUIT_FAILED
                    .on(log)
                    .setCause(e)
                    .log("circuit breaker '{}' failed; calls are answered all the same", breaker.getName());
            return true;
        }
    }

    private void answered(long took) {
        if (outage.get() != null) {
            outage.set(null);
        }
        if (breaker.getState() == State.OPEN) {
            breaker.transitionToClosedState();
        }
        breaker.onSuccess(took, TimeUnit.NANOSECONDS);
        Instant opened = openedAt.get();
        if (opened != null && PASSING.contains(breaker.getState()) && openedAt.compareAndSet(opened, null)) {
            LogEvent.CIRCUIT_CLOSED.on(log).log("circuit breaker '{}' is closed: the store answers", breaker.getName());
        }
    }

    private boolean silent(String topic, long took, Throwable cause) {
        Outage now = begin(topic);
        if (time.nanos() - now.sinceNanos < openAfter.toNanos()) {
            return false;
        }
        breaker.onError(took, TimeUnit.NANOSECONDS, cause);
        Instant unused = openSince();
        if (outage.get() == null) {
            var unusedToo = begin(topic); // it was over just before the circuit opened: let a probe find that out
        }
        return true;
    }

    /** Since when it is known that calls do not pass; {@code null} if they do. */
    private @Nullable Instant openSince() {
        State state = breaker.getState();
        if (PASSING.contains(state)) {
            return null;
        }
        if (state != State.HALF_OPEN && openedAt.compareAndSet(null, time.instant())) {
            Outage now = outage.get();
            LogEvent.CIRCUIT_OPEN
                    .on(log)
                    .log(
                            "circuit breaker '{}' is open: {}",
                            breaker.getName(),
                            now == null
                                    ? "by hand, or by its own numbers"
                                    : "the store has not answered since " + now.since);
        }
        return openedAt.get();
    }

    /** The present outage, which may be a new one. */
    private Outage begin(String topic) {
        while (true) {
            Outage present = outage.get();
            if (present != null) {
                return present;
            }
            Outage begun = new Outage(topic, time.nanos(), time.instant());
            if (outage.compareAndSet(null, begun)) {
                probeLater(begun);
                return begun;
            }
        }
    }

    // --- probes -----------------------------------------------------------------------------------------------------

    private void probeLater(Outage of) {
        nextProbe = time.instant().plus(probeInterval);
        scheduler.schedule(() -> probe(of), probeInterval);
    }

    private void probe(Outage of) {
        if (outage.get() != of) {
            return;
        }
        probeLater(of);
        try {
            if (breaker.getState() == State.OPEN) {
                breaker.transitionToHalfOpenState();
            }
        } catch (IllegalStateTransitionException e) {
            return; // an answer closed it first
        }
        var unused = read(of.topic, Selection.none());
    }

    /** A time without an answer. */
    private static final class Outage {

        private final String topic;
        private final long sinceNanos;
        private final Instant since;

        Outage(String topic, long sinceNanos, Instant since) {
            this.topic = topic;
            this.sinceNanos = sinceNanos;
            this.since = since;
        }
    }
}
