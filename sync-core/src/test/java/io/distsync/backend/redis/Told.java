package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers what a follower is told. */
public final class Told implements ChangeListener, AutoCloseable {

    private final List<Change> changes = new ArrayList<>();
    private final List<FeedState> states = new ArrayList<>();
    private int snapshots;
    private int resets;
    private @Nullable Version position;
    private @Nullable Subscription subscription;

    /** Follows a topic from its beginning until it is closed. */
    public static Told follow(SyncBackend backend, String topic, Scope scope) {
        Told told = new Told();
        told.subscription = backend.follow(topic, Version.ABSENT, scope, told);
        return told;
    }

    @Override
    public void close() {
        if (subscription != null) {
            subscription.close();
        }
    }

    @Override
    public synchronized void onSnapshot(Page page) {
        snapshots++;
        position = page.head();
    }

    @Override
    public synchronized void onChanges(List<Change> commit) {
        changes.addAll(commit);
        position = commit.get(commit.size() - 1).version();
    }

    @Override
    public synchronized void onReset(Version from, Version to) {
        resets++;
    }

    @Override
    public synchronized void onState(FeedState state) {
        states.add(state);
    }

    public synchronized List<Change> changes() {
        return List.copyOf(changes);
    }

    public synchronized boolean isCurrent() {
        return !states.isEmpty() && states.get(states.size() - 1) == FeedState.CURRENT;
    }

    /** Whether it ever was not connected since it was current for the first time. */
    public synchronized boolean wasLost() {
        int first = states.indexOf(FeedState.CURRENT);
        return first >= 0 && states.subList(first, states.size()).contains(FeedState.STALE);
    }

    public synchronized @Nullable Version position() {
        return position;
    }

    public synchronized int resets() {
        return resets;
    }

    public synchronized int snapshots() {
        return snapshots;
    }
}
