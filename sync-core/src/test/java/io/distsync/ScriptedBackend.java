package io.distsync;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.Entry;
import io.distsync.backend.FeedState;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.version.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node's connection to a real store, with faults on command: requests and replies are lost, held back, repeated or
 * refused, feeds lag, the whole connection breaks. Payloads cross it as bytes.
 */
final class ScriptedBackend implements SyncBackend {

    private final SyncBackend store;
    private final int maxPayloadBytes;
    private final Deque<Fault> script = new ArrayDeque<>();
    private final AtomicInteger reads = new AtomicInteger();
    private final List<Commit> attempts = new CopyOnWriteArrayList<>();
    private final Set<Feed> feeds = ConcurrentHashMap.newKeySet();
    private Fault otherwise = Fault.pass();
    private boolean cut;
    private boolean held;

    ScriptedBackend(SyncBackend store, int maxPayloadBytes) {
        this.store = store;
        this.maxPayloadBytes = maxPayloadBytes;
    }

    // --- the script -------------------------------------------------------------------------------------------------

    /** What happens to the next commits, one each; those after them pass. */
    synchronized void next(Fault... faults) {
        script.addAll(List.of(faults));
    }

    /** What happens to every commit from now on. */
    synchronized void always(Fault fault) {
        script.clear();
        otherwise = fault;
    }

    /** The commits that were tried, repeats included. */
    List<Commit> attempts() {
        return List.copyOf(attempts);
    }

    /** How many reads were tried. */
    int reads() {
        return reads.get();
    }

    /** Breaks the connection: operations fail, feeds fall silent and say so. */
    synchronized void cut() {
        if (!cut) {
            cut = true;
            feeds.forEach(Feed::cut);
        }
    }

    /** Mends the connection: feeds go on where they stopped. */
    synchronized void heal() {
        if (cut) {
            cut = false;
            feeds.forEach(Feed::connect);
        }
    }

    /** Holds back what feeds bring. */
    synchronized void holdFeeds() {
        held = true;
        feeds.forEach(feed -> feed.hold(true));
    }

    /** Delivers what was held back. */
    synchronized void releaseFeeds() {
        held = false;
        feeds.forEach(feed -> feed.hold(false));
    }

    /** Delivers one thing that was held back, in each feed. */
    void releaseOne() {
        feeds.forEach(Feed::deliverOne);
    }

    /** Something that happens to a commit on its way. */
    interface Fault {

        CompletionStage<CommitResult> play(Commit commit, Function<Commit, CompletionStage<CommitResult>> store);

        /** Nothing special. */
        static Fault pass() {
            return (commit, store) -> store.apply(commit);
        }

        /** Never sent. */
        static Fault unavailable() {
            return (commit, store) ->
                    CompletableFuture.failedFuture(new BackendUnavailableException("scripted: not connected"));
        }

        /** Sent and lost on the way there. */
        static Fault requestLost() {
            return (commit, store) -> unknown();
        }

        /** Applied, and the reply is lost. */
        static Fault replyLost() {
            return (commit, store) -> store.apply(commit).thenCompose(result -> unknown());
        }

        /** Something happens first. */
        static Fault after(Runnable event, Fault then) {
            return (commit, store) -> {
                event.run();
                return then.play(commit, store);
            };
        }

        /** Something happens between the store's doing and the reply. */
        static Fault followedBy(Fault first, Runnable event) {
            return (commit, store) -> {
                CompletionStage<CommitResult> stage = first.play(commit, store);
                event.run();
                return stage;
            };
        }

        /** Arrives twice; the second reply is the one that is seen. */
        static Fault duplicated() {
            return (commit, store) -> store.apply(commit).thenCompose(result -> store.apply(commit));
        }

        /** The store no longer knows whether it has seen it. */
        static Fault tooOld() {
            return (commit, store) -> store.apply(new Commit(
                            commit.topic(),
                            commit.request(),
                            commit.known(),
                            List.of(),
                            List.of(),
                            Selection.none(),
                            commit.options()))
                    .thenApply(result -> new CommitResult.TooOld(result.head()));
        }

        /** Commits reach the store one after another by this thread, which brings the replies, too. */
        static Fault over(Executor wire, Fault then) {
            return (commit, store) -> CompletableFuture.supplyAsync(() -> then.play(commit, store), wire)
                    .thenCompose(Function.identity());
        }

        /** Refused for good. */
        static Fault refused(RuntimeException reason) {
            return (commit, store) -> CompletableFuture.failedFuture(reason);
        }

        private static CompletionStage<CommitResult> unknown() {
            return CompletableFuture.failedFuture(new OutcomeUnknownException("scripted: no reply"));
        }
    }

    /** Holds a commit back before it reaches the store, until it is let go. */
    static final class Held implements Fault {

        private final Fault then;
        private final Gate arrival = new Gate();
        private final CompletableFuture<Void> released = new CompletableFuture<>();

        Held() {
            this(Fault.pass());
        }

        Held(Fault then) {
            this.then = then;
        }

        @Override
        public CompletionStage<CommitResult> play(
                Commit commit, Function<Commit, CompletionStage<CommitResult>> store) {
            CompletionStage<CommitResult> stage = released.thenCompose(go -> then.play(commit, store));
            arrival.open();
            return stage;
        }

        void awaitArrival() {
            arrival.pass();
        }

        void release() {
            released.complete(null);
        }
    }

    /** Its reply is "unknown" at once, while the commit is still on its way and arrives when told to. */
    static final class Delayed implements Fault {

        private final CompletableFuture<Supplier<CompletionStage<CommitResult>>> onItsWay = new CompletableFuture<>();

        @Override
        public CompletionStage<CommitResult> play(
                Commit commit, Function<Commit, CompletionStage<CommitResult>> store) {
            onItsWay.complete(() -> store.apply(commit));
            return Fault.unknown();
        }

        /** Lets it arrive; returns what the store answers. */
        CommitResult arrive() {
            return Nodes.join(Nodes.join(onItsWay).get());
        }
    }

    // --- the backend ------------------------------------------------------------------------------------------------

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        attempts.add(commit);
        Fault fault;
        synchronized (this) {
            if (cut) {
                return unavailable();
            }
            Fault scripted = script.poll();
            fault = scripted == null ? otherwise : scripted;
        }
        return fault.play(encoded(commit), store::commit);
    }

    @Override
    public @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return store.foresee(head, commit, mutation);
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        reads.incrementAndGet();
        return isCut() ? unavailable() : store.read(topic, selection).thenApply(ScriptedBackend::reread);
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        return isCut() ? unavailable() : store.history(topic, after, limit);
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        return isCut() ? unavailable() : store.keepAlive(leases);
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        Feed feed = new Feed(topic, after, scope, listener);
        synchronized (this) {
            feeds.add(feed);
            feed.hold(held);
            if (cut) {
                feed.say(FeedState.STALE);
            } else {
                feed.connect();
            }
        }
        return feed;
    }

    @Override
    public BackendInfo info() {
        return new BackendInfo("scripted", true, maxPayloadBytes, null, Map.of());
    }

    @Override
    public void close() {
        feeds.forEach(Feed::close);
    }

    /** Feeds that are open. */
    int openFeeds() {
        return feeds.size();
    }

    private synchronized boolean isCut() {
        return cut;
    }

    private static <T> CompletionStage<T> unavailable() {
        return CompletableFuture.failedFuture(new BackendUnavailableException("scripted: not connected"));
    }

    private static Commit encoded(Commit commit) {
        List<Mutation> mutations = new ArrayList<>();
        for (Mutation mutation : commit.mutations()) {
            if (mutation instanceof Mutation.Put put) {
                mutations.add(Mutation.put(put.key(), reread(put.payload()), put.lease()));
            } else if (mutation instanceof Mutation.PutSequential put) {
                mutations.add(Mutation.putSequential(put.prefix(), reread(put.payload()), put.lease()));
            } else {
                mutations.add(mutation);
            }
        }
        return new Commit(
                commit.topic(),
                commit.request(),
                commit.known(),
                commit.checks(),
                mutations,
                commit.selection(),
                commit.options(),
                commit.headers());
    }

    private static Page reread(Page page) {
        List<Entry> entries = page.entries().stream()
                .map(entry -> new Entry(entry.key(), reread(entry.payload()), entry.version(), entry.leaseId()))
                .toList();
        return new Page(page.head(), entries, page.more());
    }

    private static Payload reread(Payload payload) {
        return Payload.ofBytes(payload.bytes());
    }

    /** One subscription: remembers its position, so that it can go on after the connection broke. */
    private final class Feed implements Subscription, ChangeListener {

        private final String topic;
        private final Scope scope;
        private final ChangeListener listener;
        private final Deque<Runnable> mailbox = new ArrayDeque<>();
        private @Nullable Thread delivering;
        private boolean held;
        private boolean closed;
        private volatile Version position;
        private volatile boolean complete;
        private volatile Subscription connection = () -> {};

        Feed(String topic, Version after, Scope scope, ChangeListener listener) {
            this.topic = topic;
            this.position = after;
            this.complete = !after.isAbsent();
            this.scope = scope;
            this.listener = listener;
        }

        void connect() {
            say(FeedState.RESYNCING);
            // A snapshot of nothing leaves no position but the beginning: from there on the log tells everything.
            boolean fromTheBeginning = complete && position.isAbsent();
            connection = store.follow(topic, position, fromTheBeginning ? Scope.log() : scope, this);
        }

        void cut() {
            connection.close();
            say(FeedState.STALE);
        }

        void say(FeedState state) {
            deliver(() -> listener.onState(state));
        }

        void hold(boolean hold) {
            synchronized (mailbox) {
                held = hold;
            }
            drain(Integer.MAX_VALUE, false);
        }

        void deliverOne() {
            drain(1, true);
        }

        @Override
        public void onSnapshot(Page page) {
            position = page.head();
            complete = !page.more();
            deliver(() -> listener.onSnapshot(reread(page)));
        }

        @Override
        public void onChanges(List<Change> changes) {
            position = changes.get(changes.size() - 1).version();
            deliver(() -> listener.onChanges(changes));
        }

        @Override
        public void onReset(Version from, Version to) {
            position = to;
            deliver(() -> listener.onReset(from, to));
        }

        @Override
        public void onState(FeedState state) {
            say(state);
        }

        private void deliver(Runnable call) {
            synchronized (mailbox) {
                if (closed) {
                    return;
                }
                mailbox.add(call);
            }
            drain(Integer.MAX_VALUE, false);
        }

        /** Delivers what is in the mailbox, on one thread at a time. */
        private void drain(int limit, boolean evenIfHeld) {
            for (int i = 0; i < limit; i++) {
                Runnable call;
                synchronized (mailbox) {
                    if (delivering != null || (held && !evenIfHeld)) {
                        return;
                    }
                    call = mailbox.poll();
                    if (call == null) {
                        return;
                    }
                    delivering = Thread.currentThread();
                }
                try {
                    call.run();
                } finally {
                    synchronized (mailbox) {
                        delivering = null;
                        mailbox.notifyAll();
                    }
                }
            }
        }

        @Override
        public void close() {
            feeds.remove(this);
            connection.close();
            synchronized (mailbox) {
                closed = true;
                mailbox.clear();
                while (delivering != null && delivering != Thread.currentThread()) {
                    try {
                        mailbox.wait();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        return;
                    }
                }
            }
        }
    }
}
