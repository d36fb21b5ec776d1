package io.distsync.registry;

import io.distsync.CommitOutcome;
import io.distsync.LeaseOptions;
import io.distsync.SyncMap;
import io.distsync.Versioned;
import io.distsync.backend.Lease;
import io.distsync.backend.Subscription;
import io.distsync.error.RejectedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.KeptLease;
import io.distsync.lease.LossReason;
import io.distsync.log.LogEvent;
import io.distsync.registry.RegistrationState.Next;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings one instance into the store, keeps it there as it is wanted, and takes it out: what is behind a registration. */
final class Registrant {

    /*
     * Threads. Callers, threads of the service that bring answers, the keeper's and the scheduler's. What happens goes
     * through step(), which asks the state what to do: the monitor guards all fields that are not final, and one write is
     * under way at a time. Neither the store nor code of users is called under the monitor.
     */

    private static final Logger log = LoggerFactory.getLogger(Registrant.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final SyncRegistry registry;
    private final SyncMap<Stored> map;
    private final RegistrationOptions options;
    private final String service;
    private final String id;
    private final Lease lease;
    private final @Nullable HealthChecker checker;

    /** What the user wants it to be. */
    private final AtomicReference<ServiceInstance> wanted;

    private final List<Watcher<RegistrationStatus>> watchers = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    private volatile RegistrationState state = RegistrationState.NEW;

    /** By its health checks, if there are any. */
    private volatile boolean healthy;

    private boolean asking;

    /** What was wanted, and what was told, when the last write was begun. */
    private @Nullable ServiceInstance sentWanted;

    private @Nullable ServiceInstance sent;

    /** What was wanted when the store took it last; {@code null} if it never did. */
    private @Nullable ServiceInstance accepted;

    private @Nullable KeptLease kept;

    /** How many leases were kept: tells the loss of the last one from a late word about another. */
    private long leases;

    private Scheduler.@Nullable Cancellable timer;

    private final Askers askers = new Askers();

    Registrant(SyncRegistry registry, SyncMap<Stored> map, ServiceInstance instance, RegistrationOptions options) {
        this.registry = registry;
        this.map = map;
        this.options = options;
        service = instance.service();
        id = instance.id();
        wanted = new AtomicReference<>(instance);
        lease = new Lease(map.topic().name(), id, UUID.randomUUID().toString());
        HealthCheck check = options.healthCheck();
        healthy = check == null;
        checker = check == null
                ? null
                : registry.checker(check, options.healthCheckOptions(), this::wanted, this::judged);
    }

    /** Registers; completes with how that went. */
    CompletableFuture<RegistrationStatus> begin() {
        CompletableFuture<RegistrationStatus> begun = tell();
        if (checker != null) {
            checker.begin();
        }
        return begun;
    }

    /** What is, or is about to be, in the store. */
    ServiceInstance instance() {
        return told(wanted());
    }

    RegistrationStatus status() {
        return state.status();
    }

    Subscription onStatus(Consumer<RegistrationStatus> listener) {
        return new Watcher<RegistrationStatus>(
                        registry.callbacks(), null, this::status, (before, after) -> listener.accept(after), watchers)
                .begin();
    }

    CompletableFuture<RegistrationStatus> update(UnaryOperator<ServiceInstance> update) {
        ServiceInstance unused = wanted.updateAndGet(
                before -> checked(Objects.requireNonNull(update.apply(before), "the result of the update")));
        return tell();
    }

    /** Ends it. */
    void close() {
        take(RegistrationState::closed);
    }

    /** Completes, on any thread, when it has ended and nothing is left to be told to the store. */
    CompletableFuture<Void> over() {
        return over;
    }

    /** For how long the store keeps it without a heartbeat; zero if it does not have it for certain. */
    Duration remaining() {
        KeptLease now;
        synchronized (this) {
            now = kept;
        }
        return now == null ? Duration.ZERO : now.remaining(); // which may tell of its loss
    }

    private ServiceInstance wanted() {
        return Objects.requireNonNull(wanted.get());
    }

    private ServiceInstance told(ServiceInstance instance) {
        return healthy || instance.status() != InstanceStatus.UP ? instance : instance.withStatus(InstanceStatus.DOWN);
    }

    private ServiceInstance checked(ServiceInstance changed) {
        if (!changed.service().equals(service) || !changed.id().equals(id)) {
            throw new IllegalArgumentException("an update must not change service or id of an instance: '" + service
                    + "', '" + id + "' to '" + changed.service() + "', '" + changed.id() + "'");
        }
        return SyncRegistry.checked(changed, options);
    }

    // --- what happens -----------------------------------------------------------------------------------------------

    private CompletableFuture<RegistrationStatus> tell() {
        CompletableFuture<RegistrationStatus> told;
        synchronized (this) {
            told = askers.add();
        }
        take(this::changed);
        return told;
    }

    private void judged(boolean up) {
        LogEvent.REGISTRY_HEALTH_TURNED
                .on(log)
                .log("instance '{}' of service '{}' is {} by its health check", id, service, up ? "up" : "down");
        healthy = up;
        take(this::changed);
    }

    private RegistrationState changed(RegistrationState before) {
        return instance().equals(sent) ? before : before.changed();
    }

    private void lost(long number, LossReason why) {
        take(before -> {
            if (number != leases || before.status().isFinal()) {
                return before;
            }
            LogEvent.REGISTRY_ENTRY_LOST
                    .on(log)
                    .log(
                            "the entry of instance '{}' of service '{}' is lost ({}); registering again",
                            id,
                            service,
                            why);
            return before.lost();
        });
    }

    /** Takes what has happened, and does what follows. */
    private void take(UnaryOperator<RegistrationState> happening) {
        step(happening, false);
    }

    /** The same for what the store has answered. */
    private void answered(UnaryOperator<RegistrationState> answer) {
        step(answer, true);
    }

    private void step(UnaryOperator<RegistrationState> happening, boolean answer) {
        Next next;
        List<CompletableFuture<RegistrationStatus>> settled = List.of();
        RegistrationStatus status;
        synchronized (this) {
            asking &= !answer;
            state = happening.apply(state);
            status = state.status();
            next = asking ? Next.REST : state.next();
            if (next == Next.WRITE || next == Next.DELETE) {
                asking = true;
                ServiceInstance now = wanted();
                sentWanted = now;
                sent = told(now);
                askers.writing();
            } else if (!asking) {
                settled = askers.takeAll();
            }
            arrange(next);
        }
        watchers.forEach(Watcher::wake);
        complete(settled, told -> told.complete(status));
        if (next == Next.WRITE) {
            write();
        } else if (next == Next.DELETE) {
            delete();
        } else if (next == Next.END) {
            end();
        }
    }

    /** The timer that the state needs, and no other. */
    private void arrange(Next next) {
        boolean wait = next == Next.WRITE_SOON || next == Next.WRITE_AGAIN;
        if (wait && timer == null) {
            Duration delay = next == Next.WRITE_SOON
                    ? upTo(options.jitter())
                    : PAUSE.dividedBy(2).plus(upTo(PAUSE.dividedBy(2)));
            timer = registry.later(delay, this::due);
        } else if (!wait && timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private static Duration upTo(Duration most) {
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(most.toNanos() + 1));
    }

    private void due() {
        synchronized (this) {
            timer = null;
        }
        take(RegistrationState::due);
    }

    private void complete(
            List<CompletableFuture<RegistrationStatus>> futures, Consumer<CompletableFuture<RegistrationStatus>> how) {
        futures.forEach(future -> registry.callbacks().run(() -> how.accept(future)));
    }

    // --- the store --------------------------------------------------------------------------------------------------

    private void write() {
        Version expected;
        Stored stored;
        synchronized (this) {
            expected = state.expected();
            stored = new Stored(lease.id(), options.lease().toMillis(), Objects.requireNonNull(sent));
        }
        long begun = registry.now();
        try {
            var unused = map.commitAsync(commit -> {
                        if (expected != null) {
                            commit.expect(id, expected);
                        }
                        commit.put(id, stored, LeaseOptions.lease(lease.id(), options.lease()));
                    })
                    .whenComplete((outcome, failure) -> {
                        if (failure != null) {
                            notWritten(failure);
                        } else if (outcome instanceof CommitOutcome.Conflict<Stored> conflict) {
                            met(conflict);
                        } else {
                            written((CommitOutcome.Committed<Stored>) outcome, begun);
                        }
                    });
        } catch (RuntimeException e) {
            notWritten(e);
        }
    }

    private void written(CommitOutcome.Committed<Stored> committed, long begun) {
        Version version = committed.written().get(0).versioned().version();
        List<CompletableFuture<RegistrationStatus>> told = new ArrayList<>();
        letGo();
        answered(before -> {
            told.addAll(askers.takeCurrent());
            if (accepted != null && before.status() == RegistrationStatus.RETRYING) {
                LogEvent.REGISTRY_ENTRY_BACK
                        .on(log)
                        .log("instance '{}' of service '{}' is registered again", id, service);
            }
            accepted = sentWanted;
            long number = ++leases;
            kept = registry.keeper().keep(map, lease, options.lease(), begun, why -> lost(number, why));
            return changed(before.written(version));
        });
        RegistrationStatus status = status();
        complete(told, each -> each.complete(status));
    }

    private void notWritten(Throwable failure) {
        if (failure instanceof ServiceClosedException
                || failure instanceof RejectedException
                || failure instanceof IllegalArgumentException) {
            refused(failure);
        } else {
            log.debug("instance '{}' of service '{}' could not be told to the store", id, service, failure);
            answered(RegistrationState::notWritten);
        }
    }

    /**
     * What the store will never take is not wanted any more, save what it was updated to since; if the store never took anything,
     * there is no registration.
     */
    private void refused(Throwable failure) {
        List<CompletableFuture<RegistrationStatus>> failing;
        boolean forGood;
        boolean updated;
        synchronized (this) {
            forGood = accepted == null || failure instanceof ServiceClosedException;
            updated = accepted != null && !wanted.compareAndSet(sentWanted, accepted);
            failing = forGood ? askers.takeAll() : askers.takeCurrent();
        }
        LogEvent.REGISTRY_REFUSED
                .on(log)
                .setCause(failure)
                .log("the store does not take instance '{}' of service '{}'", id, service);
        complete(failing, told -> told.completeExceptionally(failure));
        if (forGood) {
            answered(RegistrationState::ended);
        } else {
            answered(before -> updated ? before.notWritten().due() : before.notWritten());
        }
    }

    /** Another entry than was expected. */
    private void met(CommitOutcome.Conflict<Stored> conflict) {
        Versioned<Stored> current = conflict.failed().get(0).current();
        if (current == null || !current.present()) {
            answered(RegistrationState::metNothing);
        } else if (current.value().registration().equals(lease.id())) {
            answered(before -> before.metItself(current.version()));
        } else {
            answered(before -> {
                RegistrationState after = before.metAnother(current.version());
                if (after.status() == RegistrationStatus.REPLACED) {
                    LogEvent.REGISTRY_REPLACED
                            .on(log)
                            .log(
                                    "instance '{}' of service '{}' was registered by somebody else, who came later",
                                    id,
                                    service);
                }
                return after;
            });
        }
    }

    private void delete() {
        letGo();
        Version known = state.expected();
        Version expected = known == null ? Version.ABSENT : known; // or the conflict tells what is there
        try {
            var unused = map.commitAsync(commit -> commit.expect(id, expected).delete(id))
                    .whenComplete((outcome, failure) -> {
                        if (failure == null && outcome instanceof CommitOutcome.Conflict<Stored> conflict) {
                            met(conflict);
                        } else {
                            deleted(failure);
                        }
                    });
        } catch (RuntimeException e) {
            deleted(e);
        }
    }

    private void deleted(@Nullable Throwable failure) {
        if (failure != null) {
            log.debug("instance '{}' of service '{}' goes when its lease is over", id, service, failure);
        }
        answered(RegistrationState::ended);
    }

    private void end() {
        letGo();
        if (checker != null) {
            checker.close();
        }
        map.close();
        over.complete(null);
    }

    private void letGo() {
        KeptLease ending;
        synchronized (this) {
            ending = kept;
            kept = null;
        }
        if (ending != null) {
            boolean unused = ending.letGo();
        }
    }
}
