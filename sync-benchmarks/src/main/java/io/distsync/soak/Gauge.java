package io.distsync.soak;

import com.sun.management.UnixOperatingSystemMXBean;
import io.distsync.SyncStatus.TopicStatus;
import io.distsync.soak.Tally.End;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Takes readings. */
final class Gauge {

    /*
     * Threads. One takes readings, at a time; the list is copied on its way out.
     */

    /** Those of the JVM, which come and go as it likes. */
    private static final Set<String> OF_THE_JVM = Set.of(
            "process reaper", "Common-Cleaner", "ForkJoinPool.commonPool", "Attach Listener", "Signal Dispatcher");

    private static final String OURS = "distsync-";
    private static final int COLLECTIONS = 3;

    private final World world;
    private final long start = System.nanoTime();
    private final List<Reading> readings = new ArrayList<>();

    Gauge(World world) {
        this.world = world;
    }

    synchronized List<Reading> readings() {
        return List.copyOf(readings);
    }

    synchronized int taken() {
        return readings.size();
    }

    /** Takes one, and keeps it. */
    synchronized Reading read(String phase, Collection<Member> members, boolean collect) {
        if (collect) {
            for (int i = 0; i < COLLECTIONS; i++) {
                System.gc();
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos()); // for what the collector hands to others
            }
        }
        List<Thread> threads = threads();
        Site site = world.site();
        Reading reading = new Reading(
                Duration.ofNanos(System.nanoTime() - start).toSeconds(),
                phase,
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                collect,
                threads.size(),
                (int) threads.stream()
                        .filter(thread -> thread.getName().startsWith(OURS))
                        .count(),
                kinds().size(),
                site.info("clients", "connected_clients") - 1, // who asks
                descriptors(),
                site.number("DBSIZE"),
                keys(site, "old:*").size(),
                site.info("memory", "used_memory"),
                members.stream()
                        .mapToLong(member -> member.service().status().topics().stream()
                                .map(TopicStatus::name)
                                .distinct()
                                .count())
                        .sum(),
                world.operations().total(),
                world.operations().total(End.UNKNOWN),
                world.faults().total());
        readings.add(reading);
        return reading;
    }

    private static long descriptors() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : -1;
    }

    // --- threads ----------------------------------------------------------------------------------------------------

    /** All but those of the JVM itself. */
    static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .filter(thread -> OF_THE_JVM.stream().noneMatch(thread.getName()::startsWith))
                .toList();
    }

    /** How many there are of each kind. */
    static Map<String, Integer> kinds() {
        return threads().stream()
                .collect(Collectors.toMap(
                        thread -> thread.getName()
                                .replaceAll("-[0-9a-f]{6,}-", "-#-")
                                .replaceAll("[0-9]+", "#"),
                        thread -> 1,
                        Integer::sum,
                        TreeMap::new));
    }

    // --- Redis ------------------------------------------------------------------------------------------------------

    static List<String> keys(Site site, String pattern) {
        return site.keys(pattern);
    }

    /** Leases that are not over, of all topics. */
    static long leases(Site site) {
        return keys(site, "lease:*").stream()
                .mapToLong(key -> site.number("ZCARD", key))
                .sum();
    }
}
