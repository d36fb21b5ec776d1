package io.distsync;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a service has of the topics it has used, by name. Of topics that the store drops when they are idle there may be any
 * number, one for each order, say; such a one is kept for as long as somebody uses it: has a map, a handle or a follower of
 * it, or an operation under way. All others are kept for good.
 */
final class TopicRuntimes {

    /*
     * Threads. The map is shared; a topic is made within its compute. What nobody uses any more is found by the garbage
     * collector, and its name is removed by whoever makes the next topic.
     */

    private final ConcurrentHashMap<String, Slot> slots = new ConcurrentHashMap<>();
    private final ReferenceQueue<TopicRuntime<?>> unused = new ReferenceQueue<>();

    private static final class Slot extends WeakReference<@Nullable TopicRuntime<?>> {

        private final String name;

        @SuppressWarnings("UnusedVariable") // for the garbage collector
        private final @Nullable TopicRuntime<?> kept;

        Slot(TopicRuntime<?> runtime, ReferenceQueue<TopicRuntime<?>> unused) {
            super(runtime, unused);
            name = runtime.topic().name();
            kept = runtime.topic().options().idleMillis() == Long.MAX_VALUE ? runtime : null;
        }
    }

    @Nullable
    TopicRuntime<?> get(String name) {
        Slot slot = slots.get(name);
        return slot == null ? null : slot.get();
    }

    /** The one of that name; made if there is none. */
    TopicRuntime<?> get(String name, Supplier<TopicRuntime<?>> maker) {
        for (Reference<?> each = unused.poll(); each != null; each = unused.poll()) {
            Slot slot = (Slot) each;
            slots.remove(slot.name, slot);
        }
        while (true) {
            TopicRuntime<?> runtime = slots.compute(
                            name,
                            (same, slot) -> slot == null || slot.get() == null ? new Slot(maker.get(), unused) : slot)
                    .get();
            if (runtime != null) {
                return runtime;
            }
        }
    }

    List<TopicRuntime<?>> all() {
        return slots.values().stream()
                .<TopicRuntime<?>>map(Slot::get)
                .filter(Objects::nonNull)
                .toList();
    }
}
