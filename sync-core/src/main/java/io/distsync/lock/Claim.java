package io.distsync.lock;

import io.distsync.CommitOutcome;
import io.distsync.LeaseOptions;
import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapPage;
import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.backend.Subscription;
import io.distsync.error.DeadlineExceededException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.FencingToken;
import io.distsync.lease.KeptLease;
import io.distsync.lease.LossReason;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One contender for a lock, from the wish to the end. In the store it is a leased entry under a sequential key; whoever has
 * the first one holds the lock, and each of the others watches the one before it.
 *
 * <p>(The queue is the lock recipe of ZooKeeper: Hunt, Konar, Junqueira, Reed, "ZooKeeper: Wait-free coordination for
 * Internet-scale systems", 2010, 2.4, without herd effect. Renewal and token are added to it.)
 */
final class Claim {

    /*
     * Threads. Callers, threads of the service that bring answers and tell of changes, and the scheduler. The monitor of the
     * line, which all claims of this node on the same lock share, guards everything that is not final. Neither the store nor
     * a callback is called under it, and no future is completed.
     */

    private static final Logger log = LoggerFactory.getLogger(Claim.class);

    static final String QUEUE = "q/";

    /** How much longer than its patience a caller waits for the store's first answer. */
    private static final Duration GRACE = Duration.ofMillis(90);

    private static final Duration RETRY = Duration.ofMillis(100);

    private enum State {
        ASKING,
        WAITING,
        HELD,
        ENDED
    }

    private final SyncLocks locks;
    private final Line line;
    private final LockOptions options;
    private final Duration patience;
    private final long patientUntil;
    private final CompletableFuture<Optional<LockGrant>> result = new CompletableFuture<>();

    /** When nothing of it is left to be told to the store. */
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    private State state = State.ASKING;
    private @Nullable String key;
    private @Nullable Version version;
    private volatile @Nullable KeptLease lease;
    private @Nullable Subscription watch;

    /** How often it was looked for the turn: a watch that was begun before the last time is of no use. */
    private int looks;

    private @Nullable Claim successor;
    private Scheduler.@Nullable Cancellable timer;
    private int holders;
    private @Nullable LossReason lost;
    private List<Consumer<LossReason>> callbacks = new ArrayList<>(0);

    Claim(SyncLocks locks, Line line, LockOptions options, Duration patience) {
        this.locks = locks;
        this.line = line;
        this.options = options;
        this.patience = patience;
        this.patientUntil = locks.now() + patience.toNanos();
    }

    CompletableFuture<Optional<LockGrant>> result() {
        return result;
    }

    CompletableFuture<Void> gone() {
        return gone;
    }

    // --- what a grant asks ------------------------------------------------------------------------------------------

    String name() {
        return line.name();
    }

    FencingToken token() {
        synchronized (line) {
            return FencingToken.of(Objects.requireNonNull(version));
        }
    }

    boolean isHeld() {
        KeptLease kept = lease;
        return kept != null && kept.isValid();
    }

    Duration remaining() {
        KeptLease kept = lease;
        return kept == null ? Duration.ZERO : kept.remaining();
    }

    boolean retain() {
        synchronized (line) {
            if (state != State.HELD) {
                return false;
            }
            holders++;
            return true;
        }
    }

    void onLost(Consumer<LossReason> callback) {
        LossReason why;
        synchronized (line) {
            why = lost;
            if (why == null) {
                callbacks.add(callback);
                return;
            }
        }
        locks.call(callback, why);
    }

    Release await(CompletableFuture<Release> release) {
        return SyncLocks.await(release);
    }

    // --- the way in -------------------------------------------------------------------------------------------------

    /** Joins the queue. */
    void begin() {
        CompletableFuture<?> unused = result.whenComplete((grant, failure) -> {
            if (result.isCancelled()) {
                giveUp(); // by whoever asked
            }
        });
        schedule(patience.plus(GRACE), this::noAnswer);
        ask();
    }

    private void ask() {
        String asked = UUID.randomUUID().toString();
        long sent = locks.now();
        try {
            var unused = line.map()
                    .commitAsync(commit -> commit.putSequential(
                                    QUEUE, locks.contender(), LeaseOptions.lease(asked, options.lease()))
                            .select(Selection.last(QUEUE, 2)))
                    .whenComplete((outcome, failure) -> {
                        if (failure == null) {
                            joined((CommitOutcome.Committed<Contender>) outcome, asked, sent);
                        } else {
                            notJoined(failure);
                        }
                    });
        } catch (RuntimeException e) {
            notJoined(e);
        }
    }

    /** What is not known to be in the queue leaves it when its lease is over. */
    private void notJoined(Throwable failure) {
        boolean wanted = drop(State.ASKING);
        goneForGood();
        if (wanted) {
            result.completeExceptionally(failure);
        }
    }

    private void goneForGood() {
        line.leave();
        gone.complete(null);
    }

    private void joined(CommitOutcome.Committed<Contender> joined, String asked, long sent) {
        CommitOutcome.Written<Contender> mine = joined.written().get(0);
        boolean wanted;
        synchronized (line) {
            wanted = state == State.ASKING;
            if (wanted) {
                state = State.WAITING;
                key = mine.key();
                version = mine.versioned().version();
                lease = locks.keeper()
                        .keep(
                                line.map(),
                                new Lease(line.map().topic().name(), mine.key(), asked),
                                options.lease(),
                                sent,
                                this::lost);
                line.add(mine.key(), this);
            }
        }
        if (wanted) {
            go(predecessor(joined.selected(), mine.key()));
        } else { // too late
            var unused = line.map().removeAsync(mine.key()).whenComplete((removed, failure) -> goneForGood());
        }
    }

    private static @Nullable String predecessor(MapPage<Contender> page, String key) {
        return page.entries().stream()
                .map(MapEntry::key)
                .filter(other -> other.compareTo(key) < 0)
                .findFirst()
                .orElse(null);
    }

    private void go(@Nullable String predecessor) {
        if (predecessor == null) {
            take();
        } else if (patientUntil - locks.now() <= 0) {
            leave();
        } else {
            schedule(
                    Duration.ofNanos(
                            Math.min(patientUntil - locks.now(), options.lease().toNanos())),
                    this::lookOrLeave);
            watch(predecessor);
        }
    }

    /** A feed tells of each change; should it ever not, nobody waits for longer than a lease for nothing. */
    private void lookOrLeave() {
        if (patientUntil - locks.now() <= 0) {
            leave();
        } else {
            look();
        }
    }

    private void take() {
        boolean valid = isHeld(); // if not, the keeper tells, and it joins again
        boolean mine;
        synchronized (line) {
            mine = valid && state == State.WAITING;
            if (mine) {
                state = State.HELD;
                holders = 1;
                cancelTimer();
            }
        }
        if (mine) {
            Duration most = options.maximumHold();
            if (most != null) {
                schedule(most, this::heldLongEnough);
            }
            LockGrant grant = new LockGrant(this);
            if (!result.complete(Optional.of(grant))) {
                grant.abandon(); // whoever wanted it has gone
            }
        }
    }

    private void heldLongEnough() {
        KeptLease kept;
        synchronized (line) {
            kept = state == State.HELD ? lease : null;
        }
        if (kept != null) {
            kept.lose(LossReason.MAXIMUM_HOLD);
        }
    }

    // --- waiting ----------------------------------------------------------------------------------------------------

    /** Waits for the end of the entry before this one: if that is of this node, without the store. */
    private void watch(String predecessor) {
        int begun;
        synchronized (line) {
            Claim local = line.claim(predecessor);
            if (local != null) {
                local.successor = this;
                return;
            }
            begun = looks;
        }
        Subscription opened;
        try {
            opened = line.map().follow(Scope.keys(Set.of(predecessor)), Version.ABSENT, new Watch());
        } catch (RuntimeException e) {
            end(e);
            return;
        }
        boolean wanted;
        synchronized (line) {
            wanted = state == State.WAITING && watch == null && looks == begun;
            if (wanted) {
                watch = opened;
            }
        }
        if (!wanted) {
            opened.close();
        }
    }

    /** Looks whether it is its turn: somebody before it has gone. */
    private void look() {
        KeptLease kept;
        String mine;
        Subscription watched;
        synchronized (line) {
            if (state != State.WAITING) {
                return;
            }
            looks++;
            watched = watch;
            watch = null;
            kept = Objects.requireNonNull(lease);
            mine = Objects.requireNonNull(key);
        }
        if (watched != null) {
            watched.close();
        }
        try {
            var unused = locks.keeper()
                    .renew(kept)
                    .thenCombine(
                            line.map().readAsync(new Range(QUEUE, mine, 1, Order.DESCENDING)),
                            (valid, page) -> valid ? Optional.of(page) : Optional.<MapPage<Contender>>empty())
                    .whenComplete((page, failure) -> {
                        if (failure != null) {
                            log.debug("lock '{}': the queue could not be read, trying again", name(), failure);
                            locks.later(RETRY, this::look);
                        } else { // or it was lost, which the keeper has told
                            page.ifPresent(before -> go(predecessor(before, mine)));
                        }
                    });
        } catch (RuntimeException e) {
            end(e);
        }
    }

    /** Tells of the predecessor's end. */
    private final class Watch implements MapListener<Contender> {

        @Override
        public void onSnapshot(List<MapEntry<Contender>> entries, Version head) {
            if (entries.isEmpty()) {
                look();
            }
        }

        @Override
        public void onChanges(List<MapChange<Contender>> changes) {
            if (changes.stream().anyMatch(change -> !change.versioned().present())) {
                look();
            }
        }
    }

    // --- the way out ------------------------------------------------------------------------------------------------

    /** Patience is over. */
    private void leave() {
        if (drop(State.WAITING)) {
            var unused = withdraw(true);
            result.complete(Optional.empty());
        }
    }

    /** Patience is over, and the store has not said anything yet. */
    private void noAnswer() {
        if (drop(State.ASKING)) {
            result.completeExceptionally(new DeadlineExceededException("the store did not answer within " + patience
                    + "; lock '" + name() + "' is not held, and a late answer is not going to be"));
        }
    }

    /** Nobody wants it any more. */
    void giveUp() {
        if (drop(State.WAITING)) {
            var unused = withdraw(true);
        } else {
            boolean unused = drop(State.ASKING);
        }
    }

    /** The locks are closed. */
    CompletableFuture<Void> close() {
        ServiceClosedException closed =
                new ServiceClosedException("the locks were closed; '" + name() + "' is not held");
        if (drop(State.ASKING)) {
            result.completeExceptionally(closed);
        } else if (drop(State.WAITING)) {
            var unused = withdraw(true);
            result.completeExceptionally(closed);
        }
        synchronized (line) {
            holders = Math.min(holders, 1);
        }
        var unused = release();
        return gone;
    }

    private void end(Throwable failure) {
        if (drop(State.WAITING)) {
            var unused = withdraw(true);
            result.completeExceptionally(failure);
        }
    }

    /** Gives back the lock, if this is the last holder. */
    CompletableFuture<Release> release() {
        KeptLease kept;
        synchronized (line) {
            if (state != State.HELD) {
                return CompletableFuture.completedFuture(Release.ALREADY_LOST);
            }
            holders--;
            if (holders > 0) {
                return CompletableFuture.completedFuture(Release.RELEASED);
            }
            kept = Objects.requireNonNull(lease);
        }
        if (!kept.letGo() || !drop(State.HELD)) {
            return CompletableFuture.completedFuture(Release.ALREADY_LOST);
        }
        return withdraw(true);
    }

    /** What the keeper found out. */
    private void lost(LossReason why) {
        if (drop(State.HELD)) {
            List<Consumer<LossReason>> told;
            synchronized (line) {
                lost = why;
                told = callbacks;
                callbacks = new ArrayList<>(0);
            }
            told.forEach(callback -> locks.call(callback, why));
            var unused = withdraw(true);
        } else if (drop(State.WAITING)) {
            log.debug("lock '{}': the place in the queue was lost ({}), joining again", name(), why);
            line.enter();
            var unused = withdraw(false);
            synchronized (line) {
                state = State.ASKING;
            }
            schedule(Duration.ofNanos(Math.max(0, patientUntil - locks.now())).plus(GRACE), this::noAnswer);
            ask();
        }
    }

    /** Ends it if it is in that state. */
    private boolean drop(State only) {
        Subscription watched;
        synchronized (line) {
            if (state != only) {
                return false;
            }
            state = State.ENDED;
            cancelTimer();
            watched = watch;
            watch = null;
        }
        if (watched != null) {
            watched.close();
        }
        return true;
    }

    /** Leaves the queue in the store, and tells whoever is next, if that is of this node. Once for each key. */
    private CompletableFuture<Release> withdraw(boolean forGood) {
        String mine = Objects.requireNonNull(key);
        KeptLease kept = lease;
        if (kept != null) {
            boolean unused = kept.letGo();
        }
        CompletableFuture<Release> released = new CompletableFuture<>();
        try {
            var unused = line.map()
                    .commitAsync(commit -> commit.delete(mine).select(Selection.first(QUEUE, 1)))
                    .whenComplete((outcome, failure) -> {
                        if (failure != null) {
                            log.debug("lock '{}': the store was not told of its release", name(), failure);
                        }
                        withdrawn(mine, outcome, forGood);
                        released.complete(answer(outcome));
                    });
        } catch (RuntimeException e) {
            log.debug("lock '{}': the store cannot be told of its release", name(), e);
            withdrawn(mine, null, forGood);
            released.complete(Release.RELEASED);
        }
        return released;
    }

    private void withdrawn(String mine, @Nullable CommitOutcome<Contender> outcome, boolean forGood) {
        Claim next;
        synchronized (line) {
            line.remove(mine);
            next = successor;
            successor = null;
        }
        if (next != null) {
            next.turn(outcome);
        }
        if (forGood) {
            goneForGood();
        } else {
            line.leave();
        }
    }

    private static Release answer(@Nullable CommitOutcome<Contender> outcome) {
        boolean wasThere = !(outcome instanceof CommitOutcome.Committed<Contender> committed)
                || committed.written().get(0).effective();
        return wasThere ? Release.RELEASED : Release.ALREADY_LOST;
    }

    /** The one before it has gone, and this is what the store has now; {@code null} if it did not answer. */
    private void turn(@Nullable CommitOutcome<Contender> now) {
        String first = now == null || now.selected().entries().isEmpty()
                ? null
                : now.selected().entries().get(0).key();
        boolean mine;
        synchronized (line) {
            mine = first != null && first.equals(key);
        }
        if (mine) {
            take();
        } else {
            look();
        }
    }

    // --- timers -----------------------------------------------------------------------------------------------------

    private void schedule(Duration delay, Runnable task) {
        synchronized (line) {
            cancelTimer();
            if (state != State.ENDED) {
                timer = locks.later(delay, task);
            }
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** Whoever waits for it with a thread does not any more; if it was granted just now, it is given back. */
    NotAppliedException interrupted() {
        if (!result.cancel(false)) {
            var unused = result.thenAccept(grant -> grant.ifPresent(LockGrant::abandon));
        }
        return new NotAppliedException(
                "interrupted while waiting for lock '" + name() + "'", new InterruptedException());
    }
}
