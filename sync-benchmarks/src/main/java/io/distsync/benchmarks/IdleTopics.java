package io.distsync.benchmarks;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A hundred thousand topics that nobody uses any more: what each of them keeps on the heap of the process, the caller's
 * name of it included, and whether any of them keeps a thread. One iteration only: JMH adds up the counters of several.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+UseSerialGC", "-Xms2g", "-Xmx2g"})
@Warmup(iterations = 0)
@Measurement(iterations = 1)
public class IdleTopics {

    static final int TOPICS = 100_000;

    @Benchmark
    public void updated(Footprint footprint) {
        try (SyncService service = SyncService.local()) {
            footprint.measure(index -> update(service, topic(index)));
            for (int i = 0; i < TOPICS; i++) {
                long counter =
                        service.fetchLatest(topic(i)).orElseThrow().value().counter();
                Checks.require("each topic has 1 update", counter == 1);
            }
        }
    }

    @Benchmark
    public void updatedAndFollowed(Footprint footprint) {
        try (SyncService service = SyncService.local()) {
            List<DistributedSync<AppState>> handles = new ArrayList<>(TOPICS);
            footprint.measure(index -> {
                Topic<AppState> topic = topic(index);
                update(service, topic);
                handles.add(service.sync(topic));
            });
            handles.forEach(handle ->
                    Checks.require("each handle shows 1 update", handle.get().counter() == 1));
        }
    }

    @Benchmark
    public void atomicReferences(Footprint footprint) {
        ConcurrentHashMap<String, AtomicReference<AppState>> references = new ConcurrentHashMap<>(2 * TOPICS);
        footprint.measure(
                index -> references.put("topic-" + index, new AtomicReference<>(new AppState().incremented())));
        Checks.require("every reference is there", references.size() == TOPICS + 1);
    }

    private static void update(SyncService service, Topic<AppState> topic) {
        service.optimisticUpdate(topic, AppState::incremented);
    }

    private static Topic<AppState> topic(int index) {
        return Topic.of("topic-" + index, AppState.class).withInitial(AppState::new);
    }

    /** What the topics added to the process. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Footprint {

        public long bytesPerTopic;
        public long addedThreads;

        void measure(IntConsumer create) {
            create.accept(TOPICS); // one more, for what the first one loads and starts
            long heapBefore = usedHeap();
            long threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
            for (int i = 0; i < TOPICS; i++) {
                create.accept(i);
            }
            bytesPerTopic = (usedHeap() - heapBefore) / TOPICS;
            addedThreads = ManagementFactory.getThreadMXBean().getThreadCount() - threadsBefore;
            Checks.require("the number of threads does not depend on that of topics", addedThreads < 10);
        }

        private static long usedHeap() {
            System.gc();
            System.gc(); // the first one may leave behind what only became unreachable by references it cleared
            return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        }
    }
}
