package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.FeedState;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscription of a backend: makes of the backend's raw feed, of reads and of the log what {@link ChangeListener}
 * promises, for every scope and start position.
 *
 * <p>The backend creates it, calls {@link #start()} once, {@link #connected()} as soon as (and each time) its live feed
 * is attached, {@link #disconnected()} when it is not any more, {@link #live} with what the feed brings, and {@link
 * #head} with what a check of the topic's head saw. Everything may be called from any thread, at any time, from inside a
 * callback too. With reads that complete at once, {@code connected()} and {@code start()} return with the listener told
 * everything, {@link FeedState#CURRENT} included; called in that order, a snapshot of one page needs no second read to
 * verify it. {@link #live} returns with the listener called unless another thread is at it.
 *
 * <p>The listener takes the state for {@link FeedState#RESYNCING} until it is told another one. It is CURRENT while the
 * feed is attached, the snapshot was told, and nothing is being read to verify or complete it. Reads that fail are
 * repeated with a growing, jittered pause until the subscription is closed.
 */
public final class Follower implements Subscription {

    /*
     * Threads. "wip" counts the events that wait or are being handled. Whoever raises it from 0 is the only thread that
     * touches the fields marked "drain", the sequencer and the listener, until it brings the counter back to 0; others
     * leave their event in the mailbox, raise the counter and go. The counter's atomic updates order the hand-over. No
     * lock is held during a callback. (The queue-drain of reactive operators: David Karnok, "Operator concurrency
     * primitives: serialized access", 2015.) A live commit that finds the counter at 0 does not pass through the
     * mailbox at all; one that comes while the mailbox is full is dropped and filled from the log.
     *
     * Closing. "closed" is read before each callback, while the counter is raised. close() sets it and raises the
     * counter: from 0, nothing is running and nothing can begin, since the counter is never lowered again; otherwise the
     * draining thread sees the flag at the latest when it tries to leave, and reports that it has left for good.
     *
     * Invariants (drain):
     *  - at most one read is under way, or one pause before its repetition ("again"), never both. "reading" is the number
     *    of either; an answer or a timer with another number is late and ignored;
     *  - the sequencer waits for something exactly while one of the two is there, or an action is due in this event;
     *  - an answer that comes before the call returned, and whatever the sequencer asks for, is handled within the same
     *    event but after the step that led to it ("due"), so nothing recurses and no state is told that lasts for the
     *    moment only; but RESYNCING always comes between STALE and CURRENT.
     */

    private static final Logger log = LoggerFactory.getLogger(Follower.class);

    private static final int PAGE = 256;
    private static final int MAILBOX = 1_024;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    /** One or two are what a lost connection leaves. */
    private static final int FAILURES_TO_TELL = 3;

    private static final Duration READ_PATIENCE = Duration.ofSeconds(30);

    /** Reads a page of the topic's state. */
    @FunctionalInterface
    public interface StateReader {
        CompletionStage<Page> read(Selection selection);
    }

    /** Reads a page of the topic's log. */
    @FunctionalInterface
    public interface LogReader {
        CompletionStage<History> history(Version after, int limit);
    }

    private final String topic;
    private final Version start;
    private final Scope scope;
    private final ChangeListener listener;
    private final StateReader state;
    private final LogReader history;
    private final Scheduler scheduler;
    private final int pageSize;

    private final AtomicInteger wip = new AtomicInteger();
    private final Queue<Runnable> mailbox = new ConcurrentLinkedQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile boolean overflowed;

    /**
     * The draining thread while it drains, else null. Plain: a thread only compares it with itself, and it always sees
     * its own last write.
     */
    private @Nullable Thread drainer;

    // drain
    private final Sequencer sequencer;
    private final Deque<Runnable> due = new ArrayDeque<>(2);
    private boolean started;
    private boolean attached;
    private boolean stale;
    private FeedState told = FeedState.RESYNCING;
    private boolean calling;
    private boolean answeredAtOnce;
    private long reading;
    private @Nullable Runnable again;
    private Scheduler.@Nullable Cancellable timer;
    private int failures;
    private int resets;
    private @Nullable Version resetFrom;
    private @Nullable String lastKey;

    /**
     * @param topic for log lines
     * @param after see {@link io.distsync.backend.SyncBackend#follow}
     * @param scheduler for pauses and time-outs; not closed with the follower
     */
    public Follower(
            String topic,
            Version after,
            Scope scope,
            ChangeListener listener,
            StateReader state,
            LogReader history,
            Scheduler scheduler) {
        this(topic, after, scope, listener, state, history, scheduler, PAGE);
    }

    Follower(
            String topic,
            Version after,
            Scope scope,
            ChangeListener listener,
            StateReader state,
            LogReader history,
            Scheduler scheduler,
            int pageSize) {
        this.pageSize = pageSize;
        this.topic = topic;
        this.start = Objects.requireNonNull(after, "after");
        this.scope = Objects.requireNonNull(scope, "scope");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.state = state;
        this.history = history;
        this.scheduler = scheduler;
        Sequencer.Output output = new Decisions();
        this.sequencer =
                scope instanceof Scope.Keys keys ? new KeySequencer(keys.keys(), output) : new ChainSequencer(output);
    }

    /** Begins; reads what the start position and the scope ask for. Only the first call counts. */
    public void start() {
        post(this::begin);
    }

    /** The live feed is attached from now on; verifies that nothing was missed before. */
    public void connected() {
        post(this::attach);
    }

    /** The live feed is not attached any more. */
    public void disconnected() {
        post(() -> {
            attached = false;
            stale = true;
        });
    }

    /** A check of the store saw this head of the topic, at some moment before this call. */
    public void head(Version head) {
        post(() -> sequencer.head(head));
    }

    /**
     * Takes changes from the live feed: a commit, part of one, or several, in any order and any number of times. In
     * scope {@link Scope.Keys} the changes of one commit that are in scope must come in one call, and commits that come out of
     * order go to {@link #liveAfterGap} instead. The list must not be changed afterwards.
     */
    public void live(List<Change> changes) {
        if (wip.compareAndSet(0, 1)) {
            drainer = Thread.currentThread();
            feed(changes);
            leave();
        } else if (!closed) {
            if (wip.get() <= MAILBOX) {
                mailbox.offer(() -> sequencer.live(changes));
                enter();
            } else if (!overflowed) {
                overflowed = true;
                enter();
            }
        }
    }

    /**
     * Takes a commit that does not link to what the feed brought before it: something may be late, or missing. In scope
     * {@link Scope.Keys} it must be the whole commit, whatever keys it is of; other scopes find out by themselves.
     */
    void liveAfterGap(List<Change> commit) {
        post(() -> sequencer.liveAfterGap(commit));
    }

    /** See {@link Subscription#close()}; must not be called while holding what a running callback, or read, waits for. */
    @Override
    public void close() {
        closed = true;
        if (wip.getAndIncrement() == 0) {
            end();
        } else if (drainer != Thread.currentThread()) {
            awaitEnd();
        }
    }

    private void post(Runnable event) {
        if (!closed) {
            mailbox.offer(event);
            enter();
        }
    }

    private void enter() {
        if (wip.getAndIncrement() == 0) {
            drainer = Thread.currentThread();
            drainMailbox();
            leave();
        }
    }

    private void leave() {
        int handled = 1;
        while (!closed) {
            drainer = null;
            handled = wip.addAndGet(-handled);
            if (handled == 0) {
                return;
            }
            drainer = Thread.currentThread();
            drainMailbox();
        }
        end();
    }

    private void drainMailbox() {
        if (overflowed) {
            overflowed = false; // before the question, so that it covers whatever was dropped under the flag
            handle(sequencer::verify);
        }
        while (!closed) {
            Runnable event = mailbox.poll();
            if (event == null) {
                return;
            }
            handle(event);
        }
    }

    /** The counter stays raised, so nobody drains after this. */
    private void end() {
        cancelTimer();
        mailbox.clear();
        due.clear();
        drainer = null;
        ended.countDown();
    }

    private void awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                ended.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void feed(List<Change> changes) {
        try {
            sequencer.live(changes);
        } catch (Throwable e) {
            recover(e);
        }
        finishEvent();
    }

    private void handle(Runnable event) {
        try {
            event.run();
        } catch (Throwable e) {
            recover(e);
        }
        finishEvent();
    }

    private void finishEvent() {
        while (!due.isEmpty() && !closed) {
            try {
                due.remove().run();
            } catch (Throwable e) {
                recover(e);
            }
        }
        tellState();
    }

    /** Nothing of ours should throw; if it does, what was missed is read again. */
    private void recover(Throwable e) {
        LogEvent.FOLLOWER_FAILED
                .on(log)
                .setCause(e)
                .log("follower of topic '{}' failed at {}", topic, sequencer.position());
        due.add(sequencer::verify);
    }

    private void begin() {
        if (started) {
            return;
        }
        started = true;
        if (scope instanceof Scope.Log || !start.isAbsent()) {
            sequencer.resume(start);
        } else {
            beginSnapshot(null);
        }
    }

    private void attach() {
        attached = true;
        failures = 0;
        if (stale) {
            stale = false;
            if (told == FeedState.STALE) {
                told = FeedState.RESYNCING; // however short: what comes next may be what was missed
                tell(() -> listener.onState(FeedState.RESYNCING));
            }
        }
        sequencer.verify();
        if (again != null) {
            repeat(reading);
        }
    }

    private void beginSnapshot(@Nullable Version from) {
        resetFrom = from;
        lastKey = null;
        readPage();
    }

    private void readPage() {
        ask(this::requestPage, this::onPage);
    }

    private CompletionStage<Page> requestPage() {
        if (lastKey == null) {
            sequencer.awaitSnapshot(attached);
        }
        return state.read(
                scope instanceof Scope.Keys keys
                        ? Selection.keys(List.copyOf(keys.keys()))
                        : new Selection.Range("", lastKey, pageSize, Selection.Order.ASCENDING));
    }

    private void onPage(Page page) {
        if (page.more() && page.entries().isEmpty()) {
            throw new IllegalStateException("an empty page of a snapshot that has more");
        }
        Version from = resetFrom;
        resetFrom = null;
        if (from == null || !sequencer.confirmedBy(page)) {
            if (from != null) {
                tell(() -> listener.onReset(from, page.head()));
            }
            tell(() -> listener.onSnapshot(page));
        }
        sequencer.snapshot(page);
        if (page.more()) {
            lastKey = page.entries().get(page.entries().size() - 1).key();
            readPage();
        }
    }

    private void readLog(Version after) {
        ask(() -> history.history(after, pageSize), page -> {
            if (!sequencer.page(page)) {
                throw new IllegalStateException("the log after " + after + " does not continue there");
            }
        });
    }

    private void onGone(Version from, History.Gone seen) {
        LogEvent.FOLLOWER_RESET
                .on(log)
                .log("topic '{}': position {} is not in the log any more, head is {}", topic, from, seen.head());
        Runnable restart =
                scope instanceof Scope.Log ? () -> restartLog(from, seen.oldest()) : () -> beginSnapshot(from);
        resets++;
        if (resets == 1) {
            restart.run();
        } else {
            pause(restart, resets - 1);
        }
    }

    private void restartLog(Version from, Version oldest) {
        tell(() -> listener.onReset(from, oldest));
        sequencer.resume(oldest);
    }

    /** Reads and hands the answer to {@code use}; what fails, or is refused by it, is repeated after a pause. */
    private <T> void ask(Supplier<CompletionStage<T>> read, Consumer<T> use) {
        long number = supersede();
        Runnable repetition = () -> ask(read, use);
        answeredAtOnce = false;
        calling = true;
        try {
            read.get().whenComplete((result, failure) -> {
                Runnable answer = () -> onAnswer(number, result, failure, use, repetition);
                if (drainer == Thread.currentThread() && calling) {
                    answeredAtOnce = true;
                    due.add(answer);
                } else {
                    post(answer);
                }
            });
        } catch (RuntimeException e) {
            answeredAtOnce = true;
            due.add(() -> onAnswer(number, null, e, use, repetition));
        } finally {
            calling = false;
        }
        if (!answeredAtOnce) {
            Throwable silence = new TimeoutException("no answer within " + READ_PATIENCE);
            timer = scheduler.schedule(
                    () -> post(() -> onAnswer(number, null, silence, use, repetition)), READ_PATIENCE);
        }
    }

    private <T> void onAnswer(
            long number, @Nullable T result, @Nullable Throwable failure, Consumer<T> use, Runnable repetition) {
        if (number != reading) {
            return;
        }
        supersede();
        if (result == null) {
            onFailure(failure, repetition);
            return;
        }
        try {
            use.accept(result);
            failures = 0;
        } catch (RuntimeException e) {
            onFailure(e, repetition);
        }
    }

    private void onFailure(@Nullable Throwable failure, Runnable repetition) {
        failures++;
        if (failures == FAILURES_TO_TELL && attached) { // of a store that is away, its backend tells once
            LogEvent.FOLLOWER_READ_FAILED
                    .on(log)
                    .log("topic '{}' cannot be read, trying again: {}", topic, String.valueOf(failure));
        }
        log.debug("topic '{}': read failed {} times in a row", topic, failures, failure);
        pause(repetition, failures);
    }

    private void pause(Runnable action, int round) {
        long number = supersede();
        again = action;
        timer = scheduler.schedule(() -> post(() -> repeat(number)), pauseBefore(round));
    }

    private void repeat(long number) {
        Runnable action = again;
        if (action != null && number == reading) {
            supersede();
            action.run();
        }
    }

    /** Doubles with each round up to the bound; half of it is left to chance, so that many do not return together. */
    private static Duration pauseBefore(int round) {
        long longest = Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(round - 1, 10));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
    }

    /** Gives up the read under way, or the pause; a live change may send us to a snapshot in the middle of either. */
    private long supersede() {
        cancelTimer();
        again = null;
        reading++;
        return reading;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void tellState() {
        boolean settled = sequencer.settled();
        FeedState now = stale ? FeedState.STALE : attached && settled ? FeedState.CURRENT : FeedState.RESYNCING;
        if (settled) {
            resets = 0;
        }
        if (now != told) {
            told = now;
            tell(() -> listener.onState(now));
        }
    }

    private void tell(Runnable callback) {
        if (closed) {
            return;
        }
        try {
            callback.run();
        } catch (Throwable e) {
            onListenerFailure(e);
        }
    }

    private void onListenerFailure(Throwable e) {
        LogEvent.FOLLOWER_LISTENER_FAILED
                .on(log)
                .setCause(e)
                .log("listener of topic '{}' failed; the feed goes on", topic);
    }

    /** Carries out what the sequencer decides: deliveries at once, reads after the step that asked for them. */
    private final class Decisions implements Sequencer.Output {

        @Override
        public void deliver(List<Change> commit) {
            if (closed) {
                return;
            }
            try {
                listener.onChanges(commit);
            } catch (Throwable e) {
                onListenerFailure(e);
            }
        }

        @Override
        public void fill(Version after) {
            due.add(() -> readLog(after));
        }

        @Override
        public void reset(Version from, History.Gone seen) {
            due.add(() -> onGone(from, seen));
        }
    }
}
