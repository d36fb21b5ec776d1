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
import io.distsync.registry.Standing.Next;
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

/**
 * An instance that is registered, and kept so: its lease is renewed, and should its entry be lost, it is registered again. Safe
 * to share between threads.
 *
 * <p>What it is to say is known here, and the store is told as soon as it can be. So an update never fails because the store
 * is away.
 */
public final class Registration implements AutoCloseable {

    /*
     * Threads. Callers, threads of the service that bring answers, the keeper's and the scheduler's. What happens goes
     * through take(), which asks the standing what to do: the monitor guards all fields that are not final, and one write is
     * under way at a time. Neither the store nor code of users is called under the monitor.
     */

    private static final Logger log = LoggerFactory.getLogger(Registration.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final SyncRegistry registry;
    private final SyncMap<Stored> map;
    private final RegistrationOptions options;
    private final String service;
    private final String id;
    private final Lease lease;
    private final @Nullable HealthChecker checker;

    /** What the user wants it to be; what is told is {@link #instance()}. */
    private final AtomicReference<ServiceInstance> wanted;

    private final List<Watcher<RegistrationStatus>> watchers = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    private volatile Standing standing = Standing.NEW;
    private volatile boolean healthy = true;
    private boolean asking;

    /** What was wanted, and what was told, when the last write was begun. */
    private @Nullable ServiceInstance sentWanted;

    private @Nullable ServiceInstance sent;

    /** What was wanted when the store took it last; {@code null} if it never did. */
    private @Nullable ServiceInstance accepted;

    private @Nullable KeptLease kept;
    private long leases;
    private Scheduler.@Nullable Cancellable timer;
    private List<CompletableFuture<RegistrationStatus>> waiting = new ArrayList<>();

    Registration(SyncRegistry registry, SyncMap<Stored> map, ServiceInstance instance, RegistrationOptions options) {
        this.registry = registry;
        this.map = map;
        this.options = options;
        service = instance.service();
        id = instance.id();
        wanted = new AtomicReference<>(instance);
        lease = new Lease(map.topic().name(), id, UUID.randomUUID().toString());
        HealthCheck check = options.healthCheck();
        if (check == null) {
            checker = null;
        } else {
            healthy = false;
            checker = registry.checker(check, options.healthCheckOptions(), this::wanted, this::judged);
        }
    }

    /** The instance as it is, or is about to be, in the store: as it is wanted, but DOWN instead of UP if checks fail. */
    public ServiceInstance instance() {
        return told(wanted());
    }

    private ServiceInstance wanted() {
        return Objects.requireNonNull(wanted.get());
    }

    private ServiceInstance told(ServiceInstance instance) {
        return healthy || instance.status() != InstanceStatus.UP ? instance : instance.withStatus(InstanceStatus.DOWN);
    }

    /** Where it stands. */
    public RegistrationStatus status() {
        return standing.status();
    }

    /**
     * Calls back when the status changes, on a thread made for it, one call at a time. What changes while the listener is
     * busy is told as one.
     */
    public Subscription onStatus(Consumer<RegistrationStatus> listener) {
        Objects.requireNonNull(listener, "listener");
        return new Watcher<RegistrationStatus>(
                        registry.callbacks(),
                        status(),
                        this::status,
                        (before, after) -> listener.accept(after),
                        watchers)
                .begin();
    }

    /**
     * Changes what the instance says of itself: weight, metadata, status. Waits until the store has it, or has failed to
     * answer; then it is told later.
     *
     * @param update must be pure: it may run more than once. Service and id must stay
     * @return {@link RegistrationStatus#REGISTERED} if the store has it; {@link RegistrationStatus#RETRYING} if it will be
     *     told; another one if the registration is over, and nothing happens
     * @throws IllegalArgumentException if the result is of another service or id, or has too much metadata; not applied
     * @throws RejectedException if the store does not take it; not applied
     */
    public RegistrationStatus update(UnaryOperator<ServiceInstance> update) {
        return SyncRegistry.await(updateAsync(update), () -> {}, "the update of instance '" + id + "'");
    }

    /** {@link #update} without waiting. What depends on the future runs on threads made for it. */
    public CompletableFuture<RegistrationStatus> updateAsync(UnaryOperator<ServiceInstance> update) {
        ServiceInstance unused = wanted.updateAndGet(before -> checked(update.apply(before)));
        return tell();
    }

    /** Takes no more calls from now on: an {@link #update} to {@link InstanceStatus#DRAINING}. To be closed later. */
    public RegistrationStatus drain() {
        return update(instance -> instance.withStatus(InstanceStatus.DRAINING));
    }

    /**
     * Takes the instance off the list, and waits for the store to know, for five seconds at most. Never throws. If the store
     * cannot be told, the instance goes when its lease is over.
     */
    @Override
    public void close() {
        SyncRegistry.awaitQuietly(closeAsync());
    }

    /** The same without waiting; the future never fails, and what depends on it runs on threads made for it. */
    public CompletableFuture<Void> closeAsync() {
        take(Standing::closed);
        CompletableFuture<Void> told = new CompletableFuture<>();
        var unused = over.thenRun(() -> registry.callbacks().run(() -> told.complete(null)));
        return told;
    }

    @Override
    public String toString() {
        return "registration of '" + id + "' for service '" + service + "', " + status();
    }

    private ServiceInstance checked(ServiceInstance changed) {
        if (!changed.service().equals(service) || !changed.id().equals(id)) {
            throw new IllegalArgumentException("an update must not change service or id of an instance: '" + service
                    + "', '" + id + "' to '" + changed.service() + "', '" + changed.id() + "'");
        }
        return SyncRegistry.checked(changed);
    }

    // --- for the registry -------------------------------------------------------------------------------------------

    /** Registers; completes with how that went. */
    CompletableFuture<RegistrationStatus> begin() {
        CompletableFuture<RegistrationStatus> begun = tell();
        if (checker != null) {
            checker.begin();
        }
        return begun;
    }

    /** Ends it; nobody is there to be told. */
    void withdraw() {
        take(Standing::closed);
    }

    /** For how long the store keeps it without a heartbeat; zero if it does not have it for certain. */
    synchronized Duration remaining() {
        return kept == null ? Duration.ZERO : kept.remaining();
    }

    // --- what happens -----------------------------------------------------------------------------------------------

    private CompletableFuture<RegistrationStatus> tell() {
        CompletableFuture<RegistrationStatus> told = new CompletableFuture<>();
        synchronized (this) {
            waiting.add(told);
        }
        take(this::changed);
        return told;
    }

    private void judged(boolean up) {
        log.info("instance '{}' of service '{}' is {} by its health check", id, service, up ? "up" : "down");
        healthy = up;
        take(this::changed);
    }

    private Standing changed(Standing before) {
        return instance().equals(sent) ? before : before.changed();
    }

    private void lost(long number, LossReason why) {
        take(before -> {
            if (number != leases || before.status().isFinal()) {
                return before;
            }
            log.warn("the entry of instance '{}' of service '{}' is lost ({}), registering again", id, service, why);
            return before.lost();
        });
    }

    /** Takes what has happened, and does what follows. */
    private void take(UnaryOperator<Standing> happening) {
        step(happening, false);
    }

    /** The same for what the store has answered. */
    private void answered(UnaryOperator<Standing> answer) {
        step(answer, true);
    }

    private void step(UnaryOperator<Standing> happening, boolean answer) {
        Next next;
        List<CompletableFuture<RegistrationStatus>> settled = List.of();
        RegistrationStatus status;
        synchronized (this) {
            asking &= !answer;
            standing = happening.apply(standing);
            status = standing.status();
            next = asking ? Next.REST : standing.next();
            if (next == Next.WRITE || next == Next.DELETE) {
                asking = true;
                ServiceInstance now = wanted();
                sentWanted = now;
                sent = told(now);
            } else if (!asking) {
                settled = waiting;
                waiting = new ArrayList<>();
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

    /** The timer that a standing needs, and no other. */
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
        take(Standing::due);
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
            expected = standing.expected();
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
        letGo();
        answered(before -> {
            accepted = sentWanted;
            long number = ++leases;
            kept = registry.keeper().keep(map, lease, options.lease(), begun, why -> lost(number, why));
            return changed(before.written(version));
        });
    }

    private void notWritten(Throwable failure) {
        if (failure instanceof ServiceClosedException
                || failure instanceof RejectedException
                || failure instanceof IllegalArgumentException) {
            refused(failure);
        } else {
            log.debug("instance '{}' of service '{}' could not be told to the store", id, service, failure);
            answered(Standing::notWritten);
        }
    }

    /** What the store will never take is not wanted any more; if it never took anything, there is no registration. */
    private void refused(Throwable failure) {
        List<CompletableFuture<RegistrationStatus>> failing;
        boolean forGood;
        synchronized (this) {
            forGood = accepted == null || failure instanceof ServiceClosedException;
            if (accepted != null) {
                wanted.set(accepted);
            }
            failing = waiting;
            waiting = new ArrayList<>();
        }
        log.warn("the store does not take instance '{}' of service '{}'", id, service, failure);
        complete(failing, told -> told.completeExceptionally(failure));
        answered(forGood ? Standing::ended : Standing::notWritten);
    }

    /** Another entry than was expected. */
    private void met(CommitOutcome.Conflict<Stored> conflict) {
        Versioned<Stored> current = conflict.failed().get(0).current();
        if (current == null || !current.present()) {
            answered(Standing::metNothing);
        } else if (current.value().registration().equals(lease.id())) {
            answered(before -> before.metItself(current.version()));
        } else {
            log.warn("instance '{}' of service '{}' was registered by somebody else, who came later", id, service);
            answered(Standing::metAnother);
        }
    }

    private void delete() {
        letGo();
        Version known = standing.expected();
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
        answered(Standing::ended);
    }

    private void end() {
        letGo();
        if (checker != null) {
            checker.close();
        }
        map.close();
        registry.forget(this);
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
