package io.distsync;

import io.distsync.backend.FeedState;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A listener of a map that keeps what it is told, and the entries that follow from it. */
class MapRecorder<V> implements MapListener<V> {

    private final List<List<MapEntry<V>>> snapshots = new ArrayList<>();
    private final List<MapChange<V>> changes = new ArrayList<>();
    private final List<Version> resets = new ArrayList<>();
    private final List<FeedState> states = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final Map<String, Versioned<V>> entries = new HashMap<>();

    @Override
    public synchronized void onSnapshot(List<MapEntry<V>> snapshot, Version head) {
        snapshots.add(snapshot);
        entries.clear();
        snapshot.forEach(entry -> entries.put(entry.key(), entry.versioned()));
    }

    @Override
    public synchronized void onChanges(List<MapChange<V>> batch) {
        if (batch.isEmpty()) {
            throw new AssertionError("a commit without changes");
        }
        changes.addAll(batch);
        for (MapChange<V> change : batch) {
            if (change.versioned().present()) {
                entries.put(change.key(), change.versioned());
            } else {
                entries.remove(change.key());
            }
        }
    }

    @Override
    public synchronized void onReset(Version from, Version to) {
        resets.add(from);
    }

    @Override
    public synchronized void onState(FeedState state) {
        states.add(state);
    }

    @Override
    public synchronized void onError(Throwable error) {
        errors.add(error);
    }

    synchronized List<List<MapEntry<V>>> snapshots() {
        return List.copyOf(snapshots);
    }

    synchronized List<MapChange<V>> changes() {
        return List.copyOf(changes);
    }

    /** The versions of the changes. */
    List<Version> versions() {
        return changes().stream().map(change -> change.versioned().version()).toList();
    }

    /** From where each reset skipped. */
    synchronized List<Version> resets() {
        return List.copyOf(resets);
    }

    synchronized List<FeedState> states() {
        return List.copyOf(states);
    }

    synchronized List<Throwable> errors() {
        return List.copyOf(errors);
    }

    /** The value under a key, as snapshots and changes add up. */
    synchronized V value(String key) {
        Versioned<V> entry = entries.get(key);
        if (entry == null) {
            throw new AssertionError("no entry " + key);
        }
        return entry.value();
    }

    /** The entries as snapshots and changes add up. */
    synchronized Map<String, Versioned<V>> entries() {
        return Map.copyOf(entries);
    }
}
