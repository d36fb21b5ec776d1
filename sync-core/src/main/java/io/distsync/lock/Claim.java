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
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
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
     * a callback is called under it, and no future is completed. An answer may come late, when the claim has another place or
     * none: so each is about a place, and counts only while the claim has that one. No code of users runs on any of these
     * threads: the executor for callbacks completes what they wait for.
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

    /** A place in the queue. */
    static final class Place {

        private final String key;
        private final Version version;

        /** Set before anybody else sees the place. */
        private @Nullable KeptLease lease;

        /** Who waits on this node for the end of it. */
        private @Nullable Claim successor;

        Place(String key, Version version) {
            this.key = key;
            this.version = version;
        }

        String key() {
            return key;
        }

        KeptLease lease() {
            return Objects.requireNonNull(lease);
        }
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
    private volatile @Nullable Place place;
    private @Nullable Subscription watch;

    /** How often it was looked for the turn: a watch that was begun before the last time is of no use. */
    private int looks;

    /** Why the last look failed, if it did. */
    private @Nullable Throwable trouble;

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

    /** For this package only: what depends on it runs on any thread. */
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
        return FencingToken.of(Objects.requireNonNull(place).version);
    }

    boolean isHeld() {
        return Objects.requireNonNull(place).lease().isValid();
    }

    Duration remaining() {
        return Objects.requireNonNull(place).lease().remaining();
    }

    boolean retain() {
        synchronized (line) {
            if (state != State.HELD || holders == 0) {
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
        locks.tell(callback, why);
    }

    void call(Runnable task) {
        locks.call(task);
    }

    // --- the way in -------------------------------------------------------------------------------------------------

    /** Joins the queue. */
    void begin() {
        schedule(patience.plus(GRACE), this::noAnswer);
        ask();
    }

    /** Instead of it. */
    void notBegun() {
        boolean unused = drop(State.ASKING);
        goneForGood();
    }

    private void ask() {
        String id = UUID.randomUUID().toString();
        long sent = locks.now();
        try {
            var unused = line.map()
                    .commitAsync(commit -> commit.putSequential(
                                    QUEUE, locks.contender(), LeaseOptions.lease(id, options.lease()))
                            .select(Selection.last(QUEUE, 2)))
                    .whenComplete((outcome, failure) -> {
                        if (failure == null) {
                            joined((CommitOutcome.Committed<Contender>) outcome, id, sent);
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

    private void joined(CommitOutcome.Committed<Contender> joined, String id, long sent) {
        CommitOutcome.Written<Contender> written = joined.written().get(0);
        Place mine = new Place(written.key(), written.versioned().version());
        boolean wanted;
        synchronized (line) {
            wanted = state == State.ASKING;
            if (wanted) {
                state = State.WAITING;
                place = mine;
                mine.lease = locks.keeper()
                        .keep(
                                line.map(),
                                new Lease(line.map().topic().name(), mine.key, id),
                                options.lease(),
                                sent,
                                why -> lost(mine, why));
                line.add(mine);
                cancelTimer();
            }
        }
        if (wanted) {
            begin(mine, joined.selected());
        } else {
            removeLate(mine);
        }
    }

    /** The answer may be that to a repeated question, with others behind this place by now. Then it has to be looked up. */
    private void begin(Place mine, MapPage<Contender> last) {
        List<String> keys = last.entries().stream().map(MapEntry::key).toList();
        if (keys.isEmpty() || !keys.get(0).equals(mine.key) || (keys.size() == 1 && last.more())) {
            arm(GRACE);
            look(mine);
        } else {
            go(mine, keys.size() == 1 ? null : keys.get(1));
        }
    }

    private void removeLate(Place mine) {
        try {
            var unused = line.map()
                    .commitAsync(commit -> commit.expect(mine.key, mine.version).delete(mine.key))
                    .whenComplete((outcome, failure) -> goneForGood());
        } catch (RuntimeException e) {
            log.debug("lock '{}': a late place in the queue is left to its lease", name(), e);
            goneForGood();
        }
    }

    /** Goes on with a place that has this predecessor, or none. */
    private void go(Place mine, @Nullable String predecessor) {
        if (predecessor == null) {
            take(mine);
        } else if (patientUntil - locks.now() <= 0) {
            leave();
        } else {
            arm(Duration.ZERO);
            watch(mine, predecessor);
        }
    }

    private void take(Place mine) {
        boolean valid = mine.lease().isValid(); // if not, the keeper tells, and it joins again
        boolean taken;
        synchronized (line) {
            taken = valid && isWaitingAt(mine);
            if (taken) {
                state = State.HELD;
                holders = 1;
                cancelTimer();
            }
        }
        if (taken) {
            Duration most = options.maximumHold();
            if (most != null) {
                schedule(most, () -> mine.lease().lose(LossReason.MAXIMUM_HOLD));
            }
            LockGrant grant = new LockGrant(this);
            if (!result.complete(Optional.of(grant))) {
                grant.abandon(); // whoever wanted it has gone
            }
        }
    }

    private boolean isWaitingAt(Place mine) {
        return state == State.WAITING && place == mine;
    }

    // --- waiting ----------------------------------------------------------------------------------------------------

    /** Waits for the end of the entry before this one: if that is of this node, without the store. */
    private void watch(Place mine, String predecessor) {
        int begun;
        synchronized (line) {
            if (!isWaitingAt(mine)) {
                return;
            }
            Place local = line.place(predecessor);
            if (local != null) {
                local.successor = this;
                return;
            }
            begun = looks;
        }
        Subscription opened;
        try {
            opened = line.map().follow(Scope.keys(Set.of(predecessor)), Version.ABSENT, new Watch(mine));
        } catch (RuntimeException e) {
            end(e);
            return;
        }
        boolean wanted;
        synchronized (line) {
            wanted = isWaitingAt(mine) && watch == null && looks == begun;
            if (wanted) {
                watch = opened;
            }
        }
        if (!wanted) {
            opened.close();
        }
    }

    /** Looks whether it is its turn: somebody before it has gone. */
    private void look(Place mine) {
        Subscription watched;
        synchronized (line) {
            if (!isWaitingAt(mine)) {
                return;
            }
            looks++;
            watched = watch;
            watch = null;
        }
        if (watched != null) {
            watched.close();
        }
        try {
            var unused = locks.keeper()
                    .renew(mine.lease())
                    .thenCombine(
                            line.map().readAsync(new Range(QUEUE, mine.key, 1, Order.DESCENDING)),
                            (valid, page) -> valid ? Optional.of(page) : Optional.<MapPage<Contender>>empty())
                    .whenComplete((page, failure) -> {
                        note(failure);
                        if (failure != null) {
                            log.debug("lock '{}': the queue could not be read, trying again", name(), failure);
                            locks.later(RETRY, () -> look(mine));
                        } else { // or it was lost, which the keeper has told
                            page.ifPresent(before -> looked(mine, before));
                        }
                    });
        } catch (RuntimeException e) {
            end(e);
        }
    }

    private void looked(Place mine, MapPage<Contender> before) {
        if (!before.entries().isEmpty()) {
            go(mine, before.entries().get(0).key());
        } else if (before.more()) {
            look(mine); // so many have just expired before it that there may be others
        } else {
            go(mine, null);
        }
    }

    private void note(@Nullable Throwable failure) {
        synchronized (line) {
            trouble = failure;
        }
    }

    /** Tells of the predecessor's end. */
    private final class Watch implements MapListener<Contender> {

        private final Place mine;

        Watch(Place mine) {
            this.mine = mine;
        }

        @Override
        public void onSnapshot(List<MapEntry<Contender>> entries, Version head) {
            if (entries.isEmpty()) {
                look(mine);
            }
        }

        @Override
        public void onChanges(List<MapChange<Contender>> changes) {
            if (changes.stream().anyMatch(change -> !change.versioned().present())) {
                look(mine);
            }
        }
    }

    /** The one before it has gone, and this is what the store has now; {@code null} if it did not answer. */
    private void turn(@Nullable CommitOutcome<Contender> now) {
        Place mine = place;
        if (mine == null) {
            return;
        }
        boolean first = now != null
                && !now.selected().entries().isEmpty()
                && now.selected().entries().get(0).key().equals(mine.key);
        if (first) {
            take(mine);
        } else {
            look(mine);
        }
    }

    // --- the way out ------------------------------------------------------------------------------------------------

    /** Patience is over. */
    private void leave() {
        Place mine = drop(State.WAITING) ? place : null;
        if (mine == null) {
            return;
        }
        var unused = withdraw(mine, true);
        Throwable why;
        synchronized (line) {
            why = trouble;
        }
        if (why == null) {
            result.complete(Optional.empty());
        } else {
            result.completeExceptionally(new NotAppliedException(
                    "the store does not answer, so it is not known who has lock '" + name() + "'; it is not held here",
                    why));
        }
    }

    /** Patience is over, and the store has not said anything yet. */
    private void noAnswer() {
        if (drop(State.ASKING)) {
            result.completeExceptionally(new OutcomeUnknownException("the store did not answer within " + patience
                    + "; lock '" + name() + "' is not held, but it may seem so to others until the lease is over"));
        }
    }

    /** Nobody wants it any more; harmless if it is held or over. */
    void giveUp() {
        Place mine = drop(State.WAITING) ? place : null;
        if (mine != null) {
            var unused = withdraw(mine, true);
        } else {
            boolean unused = drop(State.ASKING);
        }
    }

    /** The locks are closed. */
    CompletableFuture<Void> close() {
        if (drop(State.ASKING)) {
            result.completeExceptionally(
                    new OutcomeUnknownException("the locks were closed before the store answered; '" + name()
                            + "' is not held, but it may seem so to others until the lease is over"));
        } else {
            end(new ServiceClosedException("the locks were closed; '" + name() + "' is not held"));
        }
        synchronized (line) {
            holders = Math.min(holders, 1);
        }
        var unused = release();
        return gone;
    }

    private void end(Throwable failure) {
        Place mine = drop(State.WAITING) ? place : null;
        if (mine != null) {
            var unused = withdraw(mine, true);
            result.completeExceptionally(failure);
        }
    }

    /** Gives back the lock, if this is the last holder. */
    CompletableFuture<Release> release() {
        Place mine;
        boolean last;
        synchronized (line) {
            mine = place;
            if (state != State.HELD || mine == null) {
                return CompletableFuture.completedFuture(Release.ALREADY_LOST);
            }
            holders--;
            last = holders == 0;
        }
        if (!last) {
            return CompletableFuture.completedFuture(mine.lease().isValid() ? Release.RELEASED : Release.ALREADY_LOST);
        }
        if (!mine.lease().letGo() || !drop(State.HELD)) {
            return CompletableFuture.completedFuture(Release.ALREADY_LOST);
        }
        return withdraw(mine, true);
    }

    /** What the keeper found out. */
    private void lost(Place mine, LossReason why) {
        State before;
        List<Consumer<LossReason>> told;
        Subscription watched;
        synchronized (line) {
            before = state;
            if (place != mine || (before != State.WAITING && before != State.HELD)) {
                return;
            }
            cancelTimer();
            watched = watch;
            watch = null;
            state = before == State.WAITING ? State.ASKING : State.ENDED;
            lost = before == State.WAITING ? null : why;
            told = callbacks;
            callbacks = new ArrayList<>(0);
        }
        told.forEach(callback -> locks.tell(callback, why));
        if (before == State.WAITING) {
            log.debug("lock '{}': the place in the queue was lost ({}), joining again", name(), why);
            line.enter(); // for the new place: the old one leaves when the store has been told
            var unused = withdraw(mine, false);
            schedule(Duration.ofNanos(Math.max(0, patientUntil - locks.now())).plus(GRACE), this::noAnswer);
            ask();
        } else {
            var unused = withdraw(mine, true);
        }
        if (watched != null) {
            watched.close();
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

    /**
     * Leaves the queue in the store, and tells whoever is next, if that is of this node. Once for each place. Only this very
     * entry is deleted: in a history that was lost and begun anew, somebody else may have the same key.
     */
    private CompletableFuture<Release> withdraw(Place mine, boolean forGood) {
        boolean unusedToo = mine.lease().letGo();
        CompletableFuture<Release> released = new CompletableFuture<>();
        try {
            var unused = line.map()
                    .commitAsync(commit -> commit.expect(mine.key, mine.version)
                            .delete(mine.key)
                            .select(Selection.first(QUEUE, 1)))
                    .whenComplete((outcome, failure) -> {
                        if (failure != null) {
                            log.debug("lock '{}': the store was not told of its release", name(), failure);
                        }
                        withdrawn(mine, outcome, forGood, released);
                    });
        } catch (RuntimeException e) {
            log.debug("lock '{}': the store cannot be told of its release", name(), e);
            withdrawn(mine, null, forGood, released);
        }
        return released;
    }

    private void withdrawn(
            Place mine,
            @Nullable CommitOutcome<Contender> outcome,
            boolean forGood,
            CompletableFuture<Release> released) {
        Claim next;
        synchronized (line) {
            line.remove(mine);
            next = mine.successor;
            mine.successor = null;
        }
        released.complete(outcome == null || outcome.isCommitted() ? Release.RELEASED : Release.ALREADY_LOST);
        if (next != null) {
            next.turn(outcome);
        }
        if (forGood) {
            goneForGood();
        } else {
            line.leave();
        }
    }

    // --- timers -----------------------------------------------------------------------------------------------------

    /**
     * Ends the wait when patience is over. Until then it looks from time to time: a feed tells of each change; should it ever
     * not, nobody waits for long for nothing.
     *
     * @param atLeast even if patience is over
     */
    private void arm(Duration atLeast) {
        synchronized (line) {
            if (state == State.WAITING && timer == null) {
                long left = Math.min(patientUntil - locks.now(), options.lease().toNanos());
                schedule(Duration.ofNanos(Math.max(left, atLeast.toNanos())), this::lookOrLeave);
            }
        }
    }

    private void lookOrLeave() {
        Place mine;
        synchronized (line) {
            timer = null;
            mine = place;
        }
        if (patientUntil - locks.now() <= 0 || mine == null) {
            leave();
        } else {
            arm(Duration.ZERO);
            look(mine);
        }
    }

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
}
