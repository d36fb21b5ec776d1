package io.distsync.queue;

import io.distsync.CommitOutcome;
import io.distsync.MapPage;
import io.distsync.backend.Lease;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.FencingToken;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.LineCommits.Join;
import io.distsync.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One contender, from the wish to the end. In the store it is a leased entry under a sequential key. When its turn comes, and
 * how it gets to know, is up to the recipe: it says {@link #take} then.
 *
 * <p>(The queue is the lock recipe of ZooKeeper: Hunt, Konar, Junqueira, Reed, "ZooKeeper: Wait-free coordination for
 * Internet-scale systems", 2010, 2.4. Renewal and token are added to it.)
 */
public abstract class Claim {

    /*
     * Threads. Callers, threads of the service that bring answers and tell of changes, and the scheduler. The monitor of the
     * line, which all claims of this node on the same queue share, guards everything that is not final. Neither the store nor
     * a callback is called under it, and no future is completed. An answer may come late, when the claim has another place or
     * none: so each is about a place, and counts only while the claim has that one. No code of users runs on any of these
     * threads: the executor for callbacks completes what they wait for.
     */

    private static final Logger log = LoggerFactory.getLogger(Claim.class);

    /** What the keys of the places begin with. */
    public static final String QUEUE = "q/";

    /** How much longer than its patience a caller waits for the store's first answer. */
    private static final Duration GRACE = Duration.ofMillis(90);

    private static final Duration RETRY = Duration.ofMillis(100);

    private enum State {
        ASKING,
        WAITING,
        HELD,
        ENDED
    }

    private final LeaseQueues queues;
    private final Line line;
    private final Contender contender;
    private final Terms terms;
    private final Duration patience;
    private final long patientUntil;
    private final CompletableFuture<Boolean> granted = new CompletableFuture<>();

    /** When it is not held any more. */
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    /** When nothing of it is left to be told to the store. */
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    private State state = State.ASKING;
    private volatile @Nullable Place place;

    /** Of who waits for the grant. */
    private volatile @Nullable Executor errands;

    /** What the store was asked for last, or is to be. */
    private @Nullable Join asked;

    private @Nullable Subscription watch;

    /** How often it was looked for the turn: a watch that was begun before the last time is of no use. */
    private int looks;

    /** Why the last look failed, or what is waited for before the first one; {@code null} if neither. */
    private @Nullable Throwable trouble;

    private Scheduler.@Nullable Cancellable timer;
    private int holders;
    private @Nullable LossReason lost;
    private List<Consumer<LossReason>> callbacks = new ArrayList<>(0);

    protected Claim(Line line, Contender contender, Terms terms, Duration patience) {
        this.queues = line.queues();
        this.line = line;
        this.contender = contender;
        this.terms = terms;
        this.patience = patience;
        this.patientUntil = queues.now() + patience.toNanos();
    }

    // --- what the recipe says ---------------------------------------------------------------------------------------

    /** What it wants to know when it has joined: how many of the last entries. */
    protected abstract Selection.Range selectionOfJoin();

    /** It has joined, and this is what it wanted to know, or more. Then it takes, or waits. */
    protected abstract void joined(Place mine, MapPage<Contender> selected);

    /** Looks whether it is its turn; called from time to time while it waits. */
    protected abstract void look(Place mine);

    // --- what a grant asks ------------------------------------------------------------------------------------------

    /** For this package only: what depends on it runs on any thread. Completes with whether it is held. */
    CompletableFuture<Boolean> granted() {
        return granted;
    }

    CompletableFuture<Void> over() {
        return over;
    }

    CompletableFuture<Void> gone() {
        return gone;
    }

    String name() {
        return line.name();
    }

    FencingToken token() {
        return FencingToken.of(Objects.requireNonNull(place).version());
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
        queues.tell(callback, why);
    }

    Attendant attendant() {
        return queues.attendant();
    }

    void call(Runnable task) {
        queues.call(task);
    }

    // --- the way in -------------------------------------------------------------------------------------------------

    /**
     * Joins the queue.
     *
     * @param errands runs what is to be done when the store has answered; {@code null} if nobody waits who could
     */
    void begin(@Nullable Executor errands) {
        this.errands = errands;
        schedule(patience.plus(GRACE), this::noAnswer);
        ask();
    }

    /** Instead of it. */
    void notBegun() {
        boolean unused = drop(State.ASKING);
        goneForGood();
    }

    private void ask() {
        Join join = new Join(this, UUID.randomUUID().toString(), errands);
        synchronized (line) {
            asked = join;
        }
        line.commits().join(join);
    }

    Contender contender() {
        return contender;
    }

    Duration lease() {
        return terms.lease();
    }

    /** What is not known to be in the queue leaves it when its lease is over. */
    void notJoined(Throwable failure) {
        boolean wanted = drop(State.ASKING);
        goneForGood();
        if (wanted) {
            granted.completeExceptionally(failure);
        }
    }

    private void goneForGood() {
        line.leave();
        gone.complete(null);
    }

    /** It has a place; {@code null} if it does not want one any more. */
    @Nullable
    Place placed(CommitOutcome.Written<Contender> written, String leaseId, long sent) {
        Place mine = new Place(written.key(), written.versioned().version());
        synchronized (line) {
            if (state == State.ASKING) {
                state = State.WAITING;
                place = mine;
                Lease lease = new Lease(line.map().topic().name(), mine.key(), leaseId);
                mine.setLease(queues.keeper().keep(line.map(), lease, terms.lease(), sent, why -> lost(mine, why)));
                line.add(mine);
                cancelTimer();
                return mine;
            }
        }
        line.commits().leave(mine, null, there -> goneForGood());
        return null;
    }

    /** It is its turn; says whether it takes it. */
    protected final boolean take(Place mine) {
        boolean valid = mine.lease().isValid(); // if not, the keeper tells, and it joins again
        boolean taken;
        Subscription watched;
        synchronized (line) {
            taken = valid && isWaitingAt(mine);
            watched = taken ? watch : null;
            if (taken) {
                state = State.HELD;
                watch = null;
                holders = 1;
                cancelTimer();
            }
        }
        close(watched);
        if (taken) {
            Duration most = terms.maximumHold();
            if (most != null) {
                schedule(most, () -> mine.lease().lose(LossReason.MAXIMUM_HOLD));
            }
            granted.complete(true);
        }
        return taken;
    }

    // --- waiting ----------------------------------------------------------------------------------------------------

    protected final Line line() {
        return line;
    }

    /** Under the monitor of the line. */
    protected final boolean isWaitingAt(Place mine) {
        return state == State.WAITING && place == mine;
    }

    /** Waits, unless patience is over; until it is, it looks from time to time. */
    protected final boolean stays() {
        if (patientUntil - queues.now() <= 0) {
            leave();
            return false;
        }
        arm(Duration.ZERO);
        return true;
    }

    /** Looks at once, even if patience is over. */
    protected final void lookFirst(Place mine) {
        arm(GRACE);
        look(mine);
    }

    /** To be asked before a watch is opened, under the monitor of the line. */
    protected final int looks() {
        return looks;
    }

    /** Keeps a watch until it looks the next time, unless it has done so since. */
    protected final void watchBy(Place mine, Subscription opened, int begun) {
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

    /** Ends the watch, if it waits at all. */
    protected final boolean beginLook(Place mine) {
        Subscription watched;
        synchronized (line) {
            if (!isWaitingAt(mine)) {
                return false;
            }
            looks++;
            watched = watch;
            watch = null;
        }
        close(watched);
        return true;
    }

    /** Renews the place, and tells what is in the queue if it is still there. If the store does not answer, it looks again. */
    protected final void lookAt(Place mine, Selection selection, Consumer<MapPage<Contender>> seen) {
        try {
            var unused = queues.keeper()
                    .renew(mine.lease(), errands)
                    .thenCombine(
                            read(selection),
                            (valid, page) -> valid ? Optional.of(page) : Optional.<MapPage<Contender>>empty())
                    .whenComplete((page, failure) -> {
                        if (failure != null) {
                            lookAgain(mine, failure);
                        } else { // or it was lost, which the keeper has told
                            noTrouble();
                            page.ifPresent(seen);
                        }
                    });
        } catch (RuntimeException e) {
            end(e);
        }
    }

    private CompletableFuture<MapPage<Contender>> read(Selection selection) {
        Executor here = errands;
        return here == null ? line.map().readAsync(selection) : line.map().readAsync(selection, here);
    }

    /**
     * Takes in what the store is asked before it can be looked whose turn it is. The wait for that ends with patience, too, or
     * very soon after it.
     */
    protected final <V> void hear(Place mine, CompletableFuture<V> asked, Consumer<V> heard) {
        synchronized (line) {
            trouble = new TimeoutException("it was asked, and is silent");
        }
        arm(GRACE);
        var unused = asked.whenComplete((answer, failure) -> {
            if (failure != null) {
                lookAgain(mine, failure);
            } else {
                noTrouble();
                heard.accept(answer);
            }
        });
    }

    /** Looks again soon: the store has not answered. */
    private void lookAgain(Place mine, Throwable failure) {
        log.debug("{}: the queue could not be read, trying again", this, failure);
        synchronized (line) {
            trouble = failure;
        }
        var unused = queues.later(RETRY, () -> look(mine));
    }

    private void noTrouble() {
        synchronized (line) {
            trouble = null;
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
            granted.complete(false);
        } else {
            granted.completeExceptionally(new NotAppliedException(
                    "the store does not answer, so it is not known who has " + this + "; it is not held here", why));
        }
    }

    /** Patience is over, and the store has not said anything yet. */
    private void noAnswer() {
        if (drop(State.ASKING)) {
            granted.completeExceptionally(
                    takeBack()
                            ? new NotAppliedException("the store did not answer those before within " + patience + "; "
                                    + this + " was not asked for")
                            : unknown("the store did not answer within " + patience));
        }
    }

    private OutcomeUnknownException unknown(String why) {
        return new OutcomeUnknownException(
                why + "; " + this + " is not held, but it may seem so to others until the lease is over");
    }

    /** Whether the store was not asked for a place, and will not be; for a claim that does not want one any more. */
    private boolean takeBack() {
        Join join;
        synchronized (line) {
            join = asked;
        }
        boolean unsent = join != null && line.commits().takeBack(join);
        if (unsent) {
            goneForGood();
        }
        return unsent;
    }

    /** Nobody wants it any more; harmless if it is held or over. */
    void giveUp() {
        State before = endWait();
        if (before == State.ASKING) {
            boolean unused = takeBack();
        }
    }

    /** Ends it if it does not hold yet; says whether it was asking or waiting then. */
    private @Nullable State endWait() {
        State before = drop(EnumSet.of(State.ASKING, State.WAITING));
        if (before == State.WAITING) {
            var unused = withdraw(Objects.requireNonNull(place), true);
        }
        return before;
    }

    /** The recipe is closed: nobody waits any more. */
    void stopWaiting() {
        State before = endWait();
        if (before == State.WAITING || (before == State.ASKING && takeBack())) {
            granted.completeExceptionally(new ServiceClosedException("closed; " + this + " is not held"));
        } else if (before == State.ASKING) {
            granted.completeExceptionally(unknown("closed before the store answered"));
        }
    }

    /** The recipe is closed, and nobody waits any more: gives it back, whoever else holds it here. */
    CompletableFuture<Void> close() {
        synchronized (line) {
            holders = Math.min(holders, 1);
        }
        var unused = release(null);
        return gone;
    }

    /** Does not wait any more, because of this. */
    protected final void end(Throwable failure) {
        Place mine = drop(State.WAITING) ? place : null;
        if (mine != null) {
            var unused = withdraw(mine, true);
            granted.completeExceptionally(failure);
        }
    }

    /**
     * Gives it back, if this is the last holder.
     *
     * @param here see {@link #begin}
     */
    CompletableFuture<Release> release(@Nullable Executor here) {
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
        over.complete(null);
        if (handOver(mine)) {
            var unused = withdraw(mine, true);
            return CompletableFuture.completedFuture(Release.RELEASED);
        }
        return withdraw(mine, true, here);
    }

    /**
     * Lets whoever comes right after it take its turn, if that is of this node: the store has the places in that order
     * already, and what is after both of them goes on waiting. Says whether one did.
     */
    private boolean handOver(Place mine) {
        if (contender.shared()) {
            return false;
        }
        Collection<Place.Successor> successors;
        synchronized (line) {
            mine.open();
            successors = mine.takeSuccessors();
        }
        boolean taken = false;
        for (Place.Successor successor : successors) {
            taken |= successor.turn(true);
        }
        return taken;
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
        close(watched);
        told.forEach(callback -> queues.tell(callback, why));
        if (before == State.WAITING) {
            log.debug("{}: the place in the queue was lost ({}), joining again", this, why);
            line.enter(); // for the new place: the old one leaves when the store has been told
            var unused = withdraw(mine, false);
            schedule(Duration.ofNanos(Math.max(0, patientUntil - queues.now())).plus(GRACE), this::noAnswer);
            ask();
        } else {
            over.complete(null);
            var unused = withdraw(mine, true);
        }
    }

    /** Ends it if it is in that state. */
    private boolean drop(State only) {
        return drop(EnumSet.of(only)) != null;
    }

    /** Ends it if it is in one of those states, which is returned. */
    private @Nullable State drop(Set<State> only) {
        State before;
        Subscription watched;
        synchronized (line) {
            before = state;
            if (!only.contains(before)) {
                return null;
            }
            state = State.ENDED;
            cancelTimer();
            watched = watch;
            watch = null;
        }
        close(watched);
        return before;
    }

    private static void close(@Nullable Subscription watched) {
        if (watched != null) {
            watched.close();
        }
    }

    private CompletableFuture<Release> withdraw(Place mine, boolean forGood) {
        return withdraw(mine, forGood, null);
    }

    /** Leaves the queue in the store, and tells those of this node who wait for that. Once for each place. */
    private CompletableFuture<Release> withdraw(Place mine, boolean forGood, @Nullable Executor here) {
        boolean unused = mine.lease().letGo();
        CompletableFuture<Release> released = new CompletableFuture<>();
        line.commits().leave(mine, here, there -> {
            Collection<Place.Successor> successors;
            synchronized (line) {
                line.remove(mine);
                successors = mine.takeSuccessors();
            }
            released.complete(there == null || there ? Release.RELEASED : Release.ALREADY_LOST);
            successors.forEach(next -> next.turn(false));
            if (forGood) {
                goneForGood();
            } else {
                line.leave();
            }
        });
        return released;
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
                long left = Math.min(patientUntil - queues.now(), terms.lease().toNanos());
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
        if (patientUntil - queues.now() <= 0 || mine == null) {
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
                timer = queues.later(delay, task);
            }
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    @Override
    public String toString() {
        return queues.describe(line.name());
    }
}
