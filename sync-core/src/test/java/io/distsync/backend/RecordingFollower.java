package io.distsync.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A follower that records what it is told, keeps a replica as the contract says, and notes every breach of the
 * contract: overlapping calls, gaps, duplicates, cut commits, changes out of scope, calls after its end.
 */
final class RecordingFollower implements ChangeListener, AutoCloseable {

    /** What a follower can be told. */
    sealed interface Event {}

    record Snapshot(Page page) implements Event {}

    record Changes(List<Change> changes) implements Event {}

    record Reset(Version from, Version to) implements Event {}

    record State(FeedState state) implements Event {}

    /** What a follower does inside a callback. */
    @FunctionalInterface
    interface Reaction {
        void to(Event event);
    }

    private final String topic;
    private final Scope scope;
    private final Reaction reaction;

    // Guarded by this.
    private final List<Event> events = new ArrayList<>();
    private final List<String> breaches = new ArrayList<>();
    private final Map<String, Held> replica = new TreeMap<>();
    private @Nullable Version position;
    private Version snapshotEnd = Version.ABSENT;
    private boolean replicaComplete;
    private boolean snapshotDue;
    private boolean inSnapshot;
    private @Nullable Thread busy;
    private boolean ended;
    private @Nullable Subscription subscription;

    RecordingFollower(String topic, Version after, Scope scope, Reaction reaction) {
        this.topic = topic;
        this.scope = scope;
        this.reaction = reaction;
        this.snapshotDue = after.isAbsent() && hasSnapshots();
        this.position = snapshotDue ? null : after;
    }

    synchronized void subscribed(Subscription opened) {
        subscription = opened;
    }

    /** Ends the subscription; whatever is told after this returned is a breach. */
    @Override
    public void close() {
        Subscription opened;
        synchronized (this) {
            opened = subscription;
        }
        if (opened != null) {
            opened.close();
        }
        synchronized (this) {
            if (busy != null && busy != Thread.currentThread()) {
                breach("that it is closed while " + events.get(events.size() - 1) + " was still being told");
            }
            ended = true;
        }
    }

    // --- callbacks --------------------------------------------------------------------------------------------------

    @Override
    public void onSnapshot(Page page) {
        told(new Snapshot(page), () -> {
            if (!hasSnapshots()) {
                breach("a snapshot in scope " + scope);
            }
            if (!inSnapshot) {
                if (!snapshotDue) {
                    breach("a snapshot nobody asked for, head " + page.head());
                }
                replica.clear();
                position = page.head();
                replicaComplete = true;
            }
            for (Entry entry : page.entries()) {
                if (!inScope(entry.key())) {
                    breach("an entry out of scope: " + entry.key());
                }
                replica.put(entry.key(), new Held(entry.version(), entry.payload(), true));
            }
            snapshotEnd = page.head();
            inSnapshot = page.more();
            snapshotDue = false;
        });
    }

    @Override
    public void onChanges(List<Change> changes) {
        told(new Changes(List.copyOf(changes)), () -> {
            if (snapshotDue || inSnapshot) {
                breach("changes before the end of the snapshot: " + changes);
            }
            if (changes.isEmpty()) {
                breach("a call without changes");
            } else if (scope instanceof Scope.Keys) {
                changes.forEach(this::checkKeyed);
            } else {
                checkWhole(changes);
                changes.forEach(this::checkLinked);
            }
            changes.forEach(this::apply);
        });
    }

    @Override
    public void onReset(Version from, Version to) {
        told(new Reset(from, to), () -> {
            if (inSnapshot) {
                breach("a reset between the pages of a snapshot");
            }
            snapshotDue = hasSnapshots();
            position = to;
            replica.clear();
            replicaComplete = false;
        });
    }

    @Override
    public void onState(FeedState state) {
        told(new State(state), () -> {
            if (state == FeedState.CURRENT && (snapshotDue || inSnapshot)) {
                breach("current before the snapshot was complete");
            }
        });
    }

    private void told(Event event, Runnable check) {
        synchronized (this) {
            if (busy != null) {
                breach("a call while another was running: " + event);
            }
            if (ended) {
                breach("a call after close() returned: " + event);
            }
            busy = Thread.currentThread();
            check.run();
            events.add(event);
            notifyAll();
        }
        try {
            reaction.to(event);
        } finally {
            synchronized (this) {
                busy = null;
            }
        }
    }

    private void checkWhole(List<Change> changes) {
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            if (change.index() != i || change.count() != changes.size()) {
                breach("not the whole of one commit: " + changes);
            }
        }
    }

    private void checkLinked(Change change) {
        Version before = position;
        if (before != null) {
            boolean next = change.version().epoch() == before.epoch()
                    ? change.version().revision() == before.revision() + 1
                    : change.version().isNewerThan(before);
            if (!next || change.previousLink() != before.link()) {
                breach("a gap, a duplicate or another history: " + change + " after " + before);
            }
        }
        position = change.version();
    }

    private void checkKeyed(Change change) {
        if (!inScope(change.key())) {
            breach("a change out of scope: " + change);
        }
        if (position == null || change.version().isNewerThan(position)) {
            position = change.version();
        }
    }

    private void apply(Change change) {
        Held held = replica.get(change.key());
        // A page may already hold what comes as a change now; only what is newer than every page is to be judged.
        boolean judged = change.version().isNewerThan(snapshotEnd);
        if (held != null && !change.version().isNewerThan(held.version())) {
            if (judged) {
                breach("a duplicate: " + change + " although " + held.version() + " was told");
            }
            return;
        }
        Version previous = held == null || !held.present() ? Version.ABSENT : held.version();
        if (judged && (held != null || replicaComplete) && !change.previous().equals(previous)) {
            breach("a hole: " + change + " although the key was at " + previous);
        }
        replica.put(change.key(), new Held(change.version(), change.payload(), !change.isTombstone()));
    }

    private boolean hasSnapshots() {
        return !(scope instanceof Scope.Log);
    }

    private boolean inScope(String key) {
        return !(scope instanceof Scope.Keys keys) || keys.keys().contains(key);
    }

    private void breach(String what) {
        breaches.add("follower of '" + topic + "' was told " + what);
    }

    // --- what it was told -------------------------------------------------------------------------------------------

    synchronized List<Event> events() {
        return List.copyOf(events);
    }

    synchronized List<Change> changes() {
        return events.stream()
                .flatMap(event -> event instanceof Changes told ? told.changes().stream() : Stream.of())
                .toList();
    }

    synchronized List<Reset> resets() {
        return only(Reset.class);
    }

    synchronized List<Snapshot> snapshots() {
        return only(Snapshot.class);
    }

    synchronized List<FeedState> states() {
        return only(State.class).stream().map(State::state).toList();
    }

    private <E extends Event> List<E> only(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The present entries of the replica, as texts; a payload that was not told is the empty text. */
    synchronized Map<String, String> texts() {
        Map<String, String> texts = new TreeMap<>();
        replica.forEach((key, held) -> {
            if (held.present()) {
                texts.put(key, held.payload() == null ? "" : TopicUnderTest.text(held.payload()));
            }
        });
        return texts;
    }

    synchronized boolean isAt(Version version) {
        return position != null && !version.isNewerThan(position);
    }

    synchronized @Nullable FeedState state() {
        List<FeedState> states = states();
        return states.isEmpty() ? null : states.get(states.size() - 1);
    }

    // --- waiting ----------------------------------------------------------------------------------------------------

    /** Waits until the follower was told of this version or a newer one. */
    RecordingFollower awaitAt(Version version) {
        return await("being told of " + version, () -> isAt(version) && !inSnapshot && !snapshotDue);
    }

    RecordingFollower awaitState(FeedState wanted) {
        return await("state " + wanted, () -> state() == wanted);
    }

    /** Waits until the condition holds; it is asked after each event and may look at this follower. */
    synchronized RecordingFollower await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + StoreUnderTest.BOUND.toNanos();
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            assertThat(left)
                    .as("follower of '%s' waited in vain for %s; told at last: %s", topic, what, lastEvents())
                    .isPositive();
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
        }
        return this;
    }

    private List<Event> lastEvents() {
        return events.subList(Math.max(0, events.size() - 5), events.size());
    }

    /** Fails if the contract was broken. */
    synchronized void verify() {
        assertThat(breaches).isEmpty();
    }

    /** Fails if the replica is not what the store holds. */
    void verifyHolds(TopicUnderTest held) {
        Map<String, String> stored = new TreeMap<>();
        held.entries().forEach((key, entry) -> stored.put(key, TopicUnderTest.text(entry.payload())));
        assertThat(texts()).as("replica of '%s'", topic).isEqualTo(stored);
    }

    /**
     * The last thing told about a key.
     *
     * @param version of the change, be it a write or its removal
     */
    private record Held(Version version, @Nullable Payload payload, boolean present) {}
}
