package io.distsync.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What threads had of locks in a round.
 *
 * @param end when the last lock was given back, by {@link System#nanoTime}, which counts alike in all processes of a Linux
 *     machine
 * @param waits of each thread, for each time it held a lock: the nanoseconds it waited before
 */
record Holds(long end, List<long[]> waits) {

    static Holds parse(String line) {
        List<long[]> waits = new ArrayList<>();
        String[] threads = line.split(";", -1);
        for (String thread : List.of(threads).subList(1, threads.length)) {
            waits.add(
                    Stream.of(thread.split(" ", -1)).mapToLong(Long::parseLong).toArray());
        }
        return new Holds(Long.parseLong(threads[0]), waits);
    }

    /** The same of those and others. */
    Holds and(Holds others) {
        List<long[]> all = new ArrayList<>(waits);
        all.addAll(others.waits);
        return new Holds(end - others.end > 0 ? end : others.end, all);
    }

    long count() {
        return waits.stream().mapToLong(each -> each.length).sum();
    }

    /** How often the thread held a lock that did so least, by the mean of all. */
    double leastShare() {
        long least = waits.stream().mapToLong(each -> each.length).min().orElse(0);
        return (double) least * waits.size() / count();
    }

    /** All waits, the shortest first. */
    double[] sortedMicros() {
        return waits.stream()
                .flatMapToLong(Arrays::stream)
                .sorted()
                .mapToDouble(nanos -> nanos / 1e3)
                .toArray();
    }

    /** In one line, for {@link #parse}. */
    @Override
    public String toString() {
        return end
                + waits.stream()
                        .map(each ->
                                LongStream.of(each).mapToObj(Long::toString).collect(Collectors.joining(" ", ";", "")))
                        .collect(Collectors.joining());
    }
}
