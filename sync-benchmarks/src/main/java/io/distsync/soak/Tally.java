package io.distsync.soak;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often what was done, and how it ended. */
final class Tally {

    /*
     * Threads. The map and the sums are concurrent.
     */

    /** How an action ended. */
    enum End {
        DONE,
        NOT_APPLIED,
        UNKNOWN
    }

    private record Ends(LongAdder done, LongAdder notApplied, LongAdder unknown) {

        LongAdder of(End end) {
            return switch (end) {
                case DONE -> done;
                case NOT_APPLIED -> notApplied;
                case UNKNOWN -> unknown;
            };
        }
    }

    private final Map<String, Ends> kinds = new ConcurrentHashMap<>();

    void add(String kind, End end) {
        kinds.computeIfAbsent(kind, same -> new Ends(new LongAdder(), new LongAdder(), new LongAdder()))
                .of(end)
                .increment();
    }

    /** What has no other end than being done. */
    void add(String kind) {
        add(kind, End.DONE);
    }

    long of(String kind, End end) {
        Ends ends = kinds.get(kind);
        return ends == null ? 0 : ends.of(end).sum();
    }

    long total(End end) {
        return kinds.values().stream().mapToLong(ends -> ends.of(end).sum()).sum();
    }

    long total() {
        long total = 0;
        for (End end : End.values()) {
            total += total(end);
        }
        return total;
    }

    /** By kind, in the order of their names. */
    Map<String, long[]> all() {
        Map<String, long[]> all = new TreeMap<>();
        kinds.forEach(
                (kind, ends) -> all.put(kind, new long[] {ends.done.sum(), ends.notApplied.sum(), ends.unknown.sum()}));
        return all;
    }
}
