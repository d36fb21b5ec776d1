package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Entry;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.error.UndecodableStateException;
import io.distsync.log.LogEvent;
import io.distsync.version.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live local copy of a topic, shared by all handles of one service.
 *
 * @param <T> type of the topic's values
 */
final class Replica<T> implements ChangeListener {

    /*
     * Threads. The feed calls the ChangeListener methods, one at a time; pipelines call acknowledged(); handles read
     * without a lock. The monitor guards everything that is written, and appending to the broadcasts, so that a listener
     * added inside it finds a state and a position in the stream that fit together.
     *
     * Two views. `fed` is the single state as the feed has told it, and what listeners are told; `current` and `entries`
     * may run ahead of the feed by what this service has written itself (read-your-writes). Each takes only what is newer
     * than what it holds; a deleted entry leaves a mark in `entries` until the feed has passed it, lest an older change
     * bring it back.
     *
     * Lost writes. What this service wrote before the feed came back, the feed has passed when it is current again, or the
     * store has forgotten it, in a fail-over for example. `overtaken` keeps what to go back to then.
     */

    private static final Logger log = LoggerFactory.getLogger(Replica.class);

    private final Topic<T> topic;
    private final TopicFormat<T> format;
    private final ServiceContext context;
    private final Broadcast<Object> states;
    private final Broadcast<MapItem<T>> commits;
    private final ConcurrentHashMap<String, Versioned<T>> entries = new ConcurrentHashMap<>(0);

    /** Not a monitor: before JDK 24 a virtual thread that waits in one keeps the thread that carries it. */
    private final ReentrantLock changing = new ReentrantLock();

    private final Condition changed = changing.newCondition();
    private final List<CompletableFuture<Void>> awaitingCurrent = new ArrayList<>(0);

    @SuppressWarnings("UnusedVariable") // for the garbage collector
    private final Object owner;

    private volatile Versioned<T> current;
    private volatile FeedStatus status;
    private volatile @Nullable Instant currentAsOf;
    private volatile int waiters;

    private Versioned<T> fed;
    private @Nullable Payload fedPayload;
    private Map<String, String> fedHeaders = Map.of();
    private Version position = Version.ABSENT;
    private boolean resetting;

    /** The newest own write, and what it was when the feed came back. */
    private Version own = Version.ABSENT;

    private @Nullable Version unconfirmed;

    /** What the feed has told of entries that this service has written since. */
    private final Map<String, Versioned<T>> overtaken = new HashMap<>(0);

    private @Nullable Throwable failure;
    private long failures;
    private @Nullable Map<String, Entry> loading;
    private @Nullable Subscription subscription;
    private int handles;
    private boolean closed;

    /** @param owner stays reachable while the backend tells this replica of changes */
    Replica(TopicFormat<T> format, ServiceContext context, Object owner) {
        this.owner = owner;
        this.topic = format.topic();
        this.format = format;
        this.context = context;
        this.states = new Broadcast<>(context.settings().listenerBuffer());
        this.commits = new Broadcast<>(context.settings().listenerBuffer());
        this.fed = format.absent(Version.ABSENT);
        this.current = fed;
        this.status = new FeedStatus.Resyncing(context.time().instant());
    }

    /** Shows what this service knows from its own writes, until the feed has been heard. */
    synchronized void seed(Known known) {
        Payload payload = known.payload();
        if (payload == null) {
            return;
        }
        try {
            current = new Versioned<>(payload.value(format), known.version(), true);
            own = known.version();
            unconfirmed = own;
        } catch (UndecodableStateException e) {
            // the feed will report it
        }
    }

    /** Begins to follow; returns at once. */
    void start() {
        Subscription started = context.backend().follow(topic.name(), Version.ABSENT, Scope.entries(), this);
        boolean late;
        synchronized (this) {
            subscription = started;
            late = closed;
        }
        if (late) {
            started.close();
        }
    }

    /** Stops following; handles keep what they have, and see it stale. */
    void close() {
        Subscription ending;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            ending = subscription;
            setStatus(FeedState.STALE);
        }
        // Not inside the monitor: the feed may be waiting for it, and close() waits for the feed.
        if (ending != null) {
            ending.close();
        }
        signalAll();
    }

    synchronized void retain() {
        handles++;
    }

    /** Gives a handle back; true if it was the last. */
    synchronized boolean release() {
        return --handles == 0;
    }

    // --- reading ----------------------------------------------------------------------------------------------------

    Versioned<T> current() {
        return current;
    }

    FeedStatus status() {
        return status;
    }

    @Nullable
    Instant currentAsOf() {
        return currentAsOf;
    }

    @Nullable
    Versioned<T> entry(String key) {
        Versioned<T> found = key.isEmpty() ? current : entries.get(key);
        return found == null || !found.present() ? null : found;
    }

    synchronized Map<String, Versioned<T>> entries() {
        Map<String, Versioned<T>> copy = new TreeMap<>();
        if (current.present()) {
            copy.put("", current);
        }
        entries.forEach((key, versioned) -> {
            if (versioned.present()) {
                copy.put(key, versioned);
            }
        });
        return copy;
    }

    synchronized Version position() {
        return position;
    }

    /** Waits until the single state has another version than the one seen; false if the time ran out. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    boolean awaitChange(Version seen, long nanos, BooleanSupplier cancelled) throws InterruptedException {
        long end = context.time().nanos() + nanos;
        changing.lock();
        waiters++;
        try {
            while (current.version().equals(seen)) {
                long left = end - context.time().nanos();
                if (left <= 0 || cancelled.getAsBoolean()) {
                    return false;
                }
                long unused = changed.awaitNanos(left);
            }
            return true;
        } finally {
            waiters--;
            changing.unlock();
        }
    }

    /** Completes when the view is current for the first time from now on. */
    synchronized CompletableFuture<Void> whenCurrent() {
        if (status.isCurrent()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> future = new CompletableFuture<>();
        awaitingCurrent.add(future);
        return future;
    }

    // --- the pipeline's side ----------------------------------------------------------------------------------------

    /** Takes what this service has written itself, if the feed has not told it yet. */
    void acknowledged(List<@Nullable Change> outcomes) {
        for (int i = outcomes.size() - 1; i >= 0; i--) {
            Change newest = outcomes.get(i);
            if (newest != null) {
                if (newest.key().isEmpty() && !newest.version().isNewerThan(current.version()) && entries.isEmpty()) {
                    return; // the feed was faster: always so in local mode
                }
                break;
            }
        }
        synchronized (this) {
            for (Change change : outcomes) {
                if (change != null && change.version().isNewerThan(position)) {
                    takeOwn(change);
                }
            }
        }
        signal();
    }

    private void takeOwn(Change change) {
        Versioned<T> written;
        try {
            written = format.versioned(change);
        } catch (UndecodableStateException e) {
            return; // the feed will report it
        }
        own = written.version().isNewerThan(own) ? written.version() : own;
        String key = change.key();
        if (key.isEmpty()) {
            if (written.version().isNewerThan(current.version())) {
                current = written;
            }
            return;
        }
        Versioned<T> held = entries.get(key);
        if (held == null || written.version().isNewerThan(held.version())) {
            overtaken.putIfAbsent(key, held == null ? format.absent(Version.ABSENT) : held);
            entries.put(key, written);
        }
    }

    /** The feed is current again: what was written before it came back and is not in it is gone. */
    private void forgetLostWrites() {
        Version last = unconfirmed;
        if (last == null) {
            return;
        }
        if (current.version().isNewerThan(fed.version()) && !current.version().isNewerThan(last)) {
            current = fed;
        }
        overtaken.entrySet().removeIf(each -> {
            String key = each.getKey();
            Versioned<T> held = entries.get(key);
            if (held == null) {
                return true;
            }
            if (held.version().isNewerThan(last)) {
                return false; // written since
            }
            if (each.getValue().present()) {
                entries.put(key, each.getValue());
            } else {
                entries.remove(key);
            }
            return true;
        });
        unconfirmed = null;
        signal();
    }

    /** The newest the feed knows of the single state; {@code null} if absent. */
    synchronized @Nullable Known known() {
        return fedPayload == null ? null : new Known(fed.version(), fedPayload);
    }

    // --- the feed's side --------------------------------------------------------------------------------------------

    @Override
    public synchronized void onSnapshot(Page page) {
        Map<String, Entry> pages = loading == null ? new HashMap<>() : loading;
        page.entries().forEach(entry -> pages.put(entry.key(), entry));
        loading = pages;
        if (page.more()) {
            return;
        }
        loading = null;
        position = page.head();
        replaceAll(pages, page.head());
        signal();
    }

    private void replaceAll(Map<String, Entry> snapshot, Version head) {
        boolean reset = resetting;
        resetting = false;
        if (reset) {
            // What was known may belong to a history that is gone: nothing of it is newer than the snapshot.
            entries.clear();
            overtaken.clear();
            take(format.absent(Version.ABSENT), null, Map.of());
            current = fed;
        } else {
            // What this service wrote after the snapshot was read stays.
            entries.entrySet()
                    .removeIf(held -> !snapshot.containsKey(held.getKey())
                            && !held.getValue().version().isNewerThan(head));
        }
        boolean undecodable = false;
        for (Entry entry : snapshot.values()) {
            undecodable |= !load(entry);
        }
        if (!snapshot.containsKey("") && fed.present()) {
            take(format.absent(Version.ABSENT), null, Map.of());
            current = fed;
        }
        if (reset) {
            states.publish(new Reset<>(head, fed));
        } else if (fed.present() && !undecodable) {
            states.publish(fed);
        }
        if (commits.hasReaders()) {
            commits.publish(new MapItem.Snapshot<>(mapEntries(snapshot.values()), head));
        }
    }

    private boolean load(Entry entry) {
        Versioned<T> loaded;
        try {
            loaded = format.versioned(entry);
        } catch (UndecodableStateException e) {
            reportUndecodable(entry.key(), entry.version(), e);
            return false;
        }
        if (entry.key().isEmpty()) {
            take(loaded, entry.payload(), Map.of());
            current = newer(current, loaded);
        } else {
            notePassed(entry.key(), entries.merge(entry.key(), loaded, Replica::newer), loaded);
        }
        return true;
    }

    @Override
    public synchronized void onChanges(List<Change> changes) {
        boolean single = false;
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            if (change.key().isEmpty()) {
                single |= takeSingle(change);
            } else {
                takeEntry(change);
            }
        }
        position = changes.get(changes.size() - 1).version();
        if (single) {
            current = newer(current, fed);
            states.publish();
            signal();
        }
        if (commits.hasReaders()) {
            MapItem.Changes.append(commits, format, changes);
            commits.publish();
        }
    }

    private boolean takeSingle(Change change) {
        if (!change.version().isNewerThan(fed.version())) {
            return false;
        }
        try {
            take(format.versioned(change), change.payload(), change.headers());
            states.append(isFollowed(fedHeaders) ? new Told<>(fed, fedHeaders) : fed);
        } catch (UndecodableStateException e) {
            reportUndecodable("", change.version(), e);
        }
        return true;
    }

    private void take(Versioned<T> told, @Nullable Payload payload, Map<String, String> headers) {
        fed = told;
        fedPayload = payload;
        fedHeaders = headers;
    }

    private boolean isFollowed(Map<String, String> headers) {
        return !headers.isEmpty() && context.tracing().isEnabled();
    }

    private void takeEntry(Change change) {
        Versioned<T> taken;
        try {
            taken = format.versioned(change);
        } catch (UndecodableStateException e) {
            reportUndecodable(change.key(), change.version(), e);
            return;
        }
        entries.compute(change.key(), (key, held) -> {
            Versioned<T> newest = held == null ? taken : newer(held, taken);
            boolean feedHasPassed = notePassed(key, newest, taken);
            return !newest.present() && feedHasPassed ? null : newest;
        });
    }

    /** Whether the feed, which has told this of an entry, is not behind what is held of it. */
    private boolean notePassed(String key, Versioned<T> held, Versioned<T> told) {
        boolean passed = !held.version().isNewerThan(told.version());
        if (!overtaken.isEmpty() || !passed) {
            if (passed) {
                overtaken.remove(key);
            } else {
                overtaken.put(key, told);
            }
        }
        return passed;
    }

    @Override
    public synchronized void onReset(Version from, Version to) {
        resetting = true;
        loading = null;
        LogEvent.VIEW_RESET
                .on(log)
                .log(
                        "topic '{}': the changes after {} up to {} cannot be told any more; starting anew",
                        topic.name(),
                        from,
                        to);
        commits.publish(new MapItem.Skipped<>(from, to));
    }

    @Override
    public synchronized void onState(FeedState state) {
        if (!closed) {
            setStatus(state);
        }
    }

    private void setStatus(FeedState state) {
        FeedStatus before = status;
        if (before.state() == state) {
            return;
        }
        Instant now = context.time().instant();
        if (state == FeedState.CURRENT) {
            if (unconfirmed != null) {
                forgetLostWrites();
            }
            status = new FeedStatus.Current();
            currentAsOf = null;
            List<CompletableFuture<Void>> due = List.copyOf(awaitingCurrent);
            awaitingCurrent.clear();
            due.forEach(future -> context.dispatcher().execute(() -> future.complete(null)));
        } else {
            if (before.isCurrent()) {
                currentAsOf = now;
            }
            if (before instanceof FeedStatus.Stale && state == FeedState.RESYNCING) {
                unconfirmed = own; // what is about to be read shows it, if the store has kept it
            }
            Instant since =
                    before instanceof FeedStatus.Stale stale && state == FeedState.RESYNCING ? stale.since() : now;
            status = state == FeedState.STALE ? new FeedStatus.Stale(now) : new FeedStatus.Resyncing(since);
        }
        commits.publish(new MapItem.State<>(state));
    }

    private void reportUndecodable(String key, Version version, UndecodableStateException reason) {
        context.metrics().undecodable(topic.name());
        LogEvent.VALUE_UNDECODABLE
                .on(log)
                .log(
                        "revision {}{} cannot be decoded, the last good value is kept: {}",
                        version,
                        key.isEmpty() ? "" : ", key '" + key + "',",
                        reason.getMessage());
        if (key.isEmpty()) {
            failure = TopicFormat.at(version, reason);
            failures++;
            states.publish(new Failure(failure));
        }
    }

    private void signal() {
        if (waiters > 0) {
            signalAll();
        }
    }

    /** Lets everybody who waits for a change look again. */
    void signalAll() {
        changing.lock();
        try {
            changed.signalAll();
        } finally {
            changing.unlock();
        }
    }

    // --- listeners --------------------------------------------------------------------------------------------------

    /** Adds a listener that wants every item. */
    synchronized <S extends SerialTask> S addReader(Function<Seam<T>, S> factory) {
        S task = factory.apply(new Seam<>(fed, states.cursor()));
        states.add(task);
        task.wake();
        return task;
    }

    /** Adds a task that is only woken, and looks at {@link #latest()} itself. */
    synchronized <S extends SerialTask> S addWatcher(Function<Latest<T>, S> factory) {
        S task = factory.apply(latest());
        states.add(task);
        task.wake();
        return task;
    }

    synchronized Latest<T> latest() {
        return new Latest<>(fed, fedHeaders, failure, failures);
    }

    synchronized void remove(SerialTask task) {
        states.remove(task);
        commits.remove(task);
    }

    /** Lets a reader that was overrun begin again, behind everything that was appended. */
    synchronized Versioned<T> rejoin(Broadcast.Cursor<Object> cursor) {
        cursor.skip();
        return fed;
    }

    /** Adds a listener of all entries; its first item is a snapshot of them. */
    synchronized MapListenerTask<T> addMapListener(MapListener<T> listener) {
        MapListenerTask<T> task =
                new MapListenerTask<>(topic, listener, commits.cursor(), Version.ABSENT, this::rejoinCommits, context);
        commits.add(task);
        commits.publish(snapshot()); // on a quiet topic nothing else would
        return task;
    }

    private synchronized List<MapItem<T>> rejoinCommits(Broadcast.Cursor<MapItem<T>> cursor, Version told) {
        cursor.skip();
        return List.of(new MapItem.Skipped<>(told, position), snapshot());
    }

    private MapItem<T> snapshot() {
        List<MapEntry<T>> all = new ArrayList<>();
        entries().forEach((key, versioned) -> all.add(new MapEntry<>(key, versioned, null)));
        return new MapItem.Snapshot<>(all, position);
    }

    /** Where a new listener begins: the state as the feed has told it, and the stream right behind it. */
    record Seam<T>(Versioned<T> state, Broadcast.Cursor<Object> cursor) {}

    /** An item of the stream of states: a state that is told by a change with headers. */
    record Told<T>(Versioned<T> state, Map<String, String> headers) {}

    /** An item of the stream of states: a change that could not be decoded. */
    record Failure(Throwable reason) {}

    /** An item of the stream of states: what lies before this state was skipped. */
    record Reset<T>(Version to, Versioned<T> state) {}

    /** The newest state the feed has told, and the newest failure. */
    record Latest<T>(
            Versioned<T> state,
            Map<String, String> headers,
            @Nullable Throwable failure,
            long failures) {}

    private List<MapEntry<T>> mapEntries(Collection<Entry> stored) {
        List<MapEntry<T>> decoded = new ArrayList<>(stored.size());
        for (Entry entry : stored) {
            Versioned<T> versioned = entry(entry.key());
            if (versioned != null) {
                decoded.add(new MapEntry<>(entry.key(), versioned, entry.leaseId()));
            }
        }
        return decoded;
    }

    private static <T> Versioned<T> newer(Versioned<T> held, Versioned<T> next) {
        return held.version().isNewerThan(next.version()) ? held : next;
    }
}
