package io.distsync;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Gives every call a name that travels with its changes, and writes down what is followed. */
final class TracingRecorder implements SyncTracing {

    /** What a call, a commit or a delivery said of itself. */
    record Entry(
            String kind,
            String name,
            String outcome,
            @Nullable Throwable failure) {}

    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private final List<Thread> callers = new CopyOnWriteArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();

    List<Entry> entries() {
        return entries;
    }

    /** Where each call began. */
    List<Thread> callers() {
        return callers;
    }

    List<String> of(String kind) {
        List<String> found = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.kind().equals(kind)) {
                found.add(entry.name() + " " + entry.outcome());
            }
        }
        return found;
    }

    @Override
    public Span call(String topic, String operation) {
        callers.add(Thread.currentThread());
        return new Recording(operation, "call-" + calls.incrementAndGet());
    }

    @Override
    public Span commit(String topic, Span first, int count) {
        return new Recording("attempt", ((Recording) first).name + " of " + count);
    }

    @Override
    public void deliver(String topic, String listener, Map<String, String> headers, Call call) throws Exception {
        try {
            call.run();
            entries.add(new Entry("delivery", headers.getOrDefault("call", "none"), "told", null));
        } catch (Exception e) {
            entries.add(new Entry("delivery", headers.getOrDefault("call", "none"), "failed", e));
            throw e;
        }
    }

    private final class Recording implements Span {

        private final String kind;
        private final String name;

        Recording(String kind, String name) {
            this.kind = kind;
            this.name = name;
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("call", name);
        }

        @Override
        public void end(String outcome, @Nullable Throwable failure) {
            entries.add(new Entry(kind, name, outcome, failure));
        }
    }
}
