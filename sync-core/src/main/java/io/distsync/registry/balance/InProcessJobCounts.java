package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Counts in memory. */
final class InProcessJobCounts implements JobCounts {

    /*
     * A counter lives for as long as a job or the table of a strategy refers to it, so nobody has to say that an instance
     * is gone, and one that comes back while jobs of its former life are under way still has them.
     */

    private final ConcurrentMap<String, Entry> counters = new ConcurrentHashMap<>();
    private final ReferenceQueue<Counter> unused = new ReferenceQueue<>();
    private final LongAdder total = new LongAdder();

    @Override
    public IntSupplier of(ServiceInstance instance) {
        return counter(instance.id());
    }

    @Override
    public long total() {
        return total.sum();
    }

    @Override
    public Job begin(ServiceInstance instance) {
        Counter counter = counter(instance.id());
        total.increment(); // first, so that the total does not miss what the counter has
        counter.incrementAndGet();
        return new Running(counter, total);
    }

    private Counter counter(String id) {
        Entry entry = counters.get(id);
        Counter counter = entry == null ? null : entry.get();
        return counter == null ? added(id) : counter;
    }

    private Counter added(String id) {
        forgetUnused();
        Counter added = new Counter();
        Entry entry = new Entry(id, added, unused);
        while (true) {
            Entry present = counters.compute(id, (same, old) -> old == null || old.get() == null ? entry : old);
            Counter counter = present.get();
            if (counter != null) {
                return counter;
            }
        }
    }

    private void forgetUnused() {
        for (Reference<?> each = unused.poll(); each != null; each = unused.poll()) {
            Entry entry = (Entry) each;
            counters.remove(entry.id, entry);
        }
    }

    /** For tests: how many instances have a counter. */
    int size() {
        forgetUnused();
        return counters.size();
    }

    private static final class Counter extends AtomicInteger implements IntSupplier {

        @Override
        public int getAsInt() {
            return get();
        }
    }

    private static final class Entry extends WeakReference<@Nullable Counter> {

        private final String id;

        private Entry(String id, Counter counter, ReferenceQueue<Counter> unused) {
            super(counter, unused);
            this.id = id;
        }
    }

    private static final class Running implements Job {

        private final AtomicBoolean ended = new AtomicBoolean();
        private final Counter counter;
        private final LongAdder total;

        private Running(Counter counter, LongAdder total) {
            this.counter = counter;
            this.total = total;
        }

        @Override
        public void close() {
            if (ended.compareAndSet(false, true)) {
                counter.decrementAndGet();
                total.decrement();
            }
        }
    }
}
