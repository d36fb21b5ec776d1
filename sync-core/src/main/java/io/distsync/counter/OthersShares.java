package io.distsync.counter;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.version.Version;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** What all other nodes have added, as the feed tells. */
final class OthersShares implements MapListener<Long> {

    /*
     * Threads. Calls of the feed never overlap and have the entries to themselves; anybody reads the totals.
     */

    static final char SEPARATOR = '/';

    private final String self;
    private final Consumer<Map<String, Long>> own;
    private final Map<String, Long> entries = new HashMap<>();
    private final ConcurrentHashMap<String, AtomicLong> totals = new ConcurrentHashMap<>();
    private final AtomicLong all = new AtomicLong();

    /** @param own is told, with a snapshot, what it has of this node */
    OthersShares(String self, Consumer<Map<String, Long>> own) {
        this.self = SEPARATOR + self;
        this.own = own;
    }

    long total(String key) {
        AtomicLong total = totals.get(key);
        return total == null ? 0 : total.get();
    }

    long total() {
        return all.get();
    }

    @Override
    public void onSnapshot(List<MapEntry<Long>> snapshot, Version head) {
        Map<String, Long> now = new HashMap<>();
        snapshot.forEach(entry -> now.put(entry.key(), entry.value()));
        for (String gone : List.copyOf(entries.keySet())) {
            if (!now.containsKey(gone)) {
                set(gone, 0);
            }
        }
        now.forEach(this::set);
        own.accept(now);
    }

    @Override
    public void onChanges(List<MapChange<Long>> changes) {
        for (MapChange<Long> change : changes) {
            set(change.key(), change.versioned().present() ? change.versioned().value() : 0);
        }
    }

    private void set(String entry, long value) {
        if (entry.endsWith(self)) {
            return;
        }
        Long before = value == 0 ? entries.remove(entry) : entries.put(entry, value);
        long difference = value - (before == null ? 0 : before);
        String key = entry.substring(0, Math.max(0, entry.lastIndexOf(SEPARATOR)));
        all.addAndGet(difference);
        AtomicLong total = totals.computeIfAbsent(key, same -> new AtomicLong());
        if (total.addAndGet(difference) == 0) {
            totals.remove(key);
        }
    }
}
