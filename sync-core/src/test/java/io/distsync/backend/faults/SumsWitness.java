package io.distsync.backend.faults;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A listener of a topic of sums on one node: what it was told adds up to the sums, and leaves no revision out. */
final class SumsWitness implements MapListener<Long> {

    private final String name;
    private final Map<String, Long> sums = new HashMap<>();
    private final List<String> gaps = new ArrayList<>();
    private @Nullable Version position;
    private boolean resetting = true;
    private int resets;

    SumsWitness(String name) {
        this.name = name;
    }

    @Override
    public synchronized void onSnapshot(List<MapEntry<Long>> entries, Version head) {
        if (!resetting && position != null && !position.equals(head)) {
            gaps.add(name + ": a snapshot of " + head + " without a reset after " + position);
        }
        resetting = false;
        position = head;
        sums.clear();
        entries.forEach(entry -> sums.put(entry.key(), entry.value()));
    }

    @Override
    public synchronized void onChanges(List<MapChange<Long>> changes) {
        for (MapChange<Long> change : changes) {
            Version version = change.versioned().version();
            Version before = position;
            if (before == null || !version.isNewerThan(before) || version.revision() != before.revision() + 1) {
                gaps.add(name + ": " + version + " after " + before);
            }
            position = version;
            sums.put(change.key(), change.versioned().value());
        }
    }

    @Override
    public synchronized void onReset(Version from, Version to) {
        resets++;
        resetting = true;
    }

    synchronized Map<String, Long> sums() {
        return Map.copyOf(sums);
    }

    synchronized List<String> gaps() {
        return List.copyOf(gaps);
    }

    synchronized int resets() {
        return resets;
    }

    @Override
    public String toString() {
        return name;
    }
}
