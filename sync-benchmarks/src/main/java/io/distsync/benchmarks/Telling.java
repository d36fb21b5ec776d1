package io.distsync.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Updates, one at a time: how long it takes from before the call until the last who is to be told of it was called. The next
 * one is made when that is over, 200 times a second at most.
 */
final class Telling {

    /*
     * Threads. One updates and waits; listeners are called by the contender's threads, each listener by one at a time.
     * They share the moment, the latch and the fault, all of which are safe to be shared.
     */

    private static final long PACE_NANOS = TimeUnit.SECONDS.toNanos(1) / 200;
    private static final long PATIENCE_SECONDS = 30;
    private static final int FEWEST = 3;
    private static final int AT_ONCE = 256;

    private final LongAccumulator lastTold = new LongAccumulator(Math::max, Long.MIN_VALUE);
    private final AtomicReference<@Nullable String> fault = new AtomicReference<>();
    private volatile CountDownLatch untold = new CountDownLatch(0);

    /**
     * Median nanoseconds until all listeners of all the others were told. A wrong outcome ends the run.
     *
     * @param listeners of each of the others
     * @param note of the state, in characters
     */
    static double ofState(SharedState writer, List<SharedState> others, int listeners, int note, Span span) {
        Telling telling = new Telling();
        for (SharedState other : others) {
            other.listen(Stream.generate(telling::listener).limit(listeners).toList());
        }
        int all = others.size() * listeners;
        telling.once(() -> writer.annotate("x".repeat(note)), all);
        long[] updates = {1};
        double nanos = telling.medianNanos(
                () -> {
                    writer.increment();
                    updates[0]++;
                },
                all,
                span);
        writer.check(updates[0]);
        telling.check();
        return nanos;
    }

    /** The same for many topics, each with one listener, which are updated in turn. */
    static double ofTopics(SharedTopics writer, SharedTopics other, int topics, Span span) {
        Telling telling = new Telling();
        telling.follow(writer, other, topics);
        long[] updates = new long[topics];
        Arrays.fill(updates, 1);
        long[] turn = {0};
        double nanos = telling.medianNanos(
                () -> {
                    int topic = (int) (turn[0]++ % topics);
                    writer.increment(topic).toCompletableFuture().join();
                    updates[topic]++;
                },
                1,
                span);
        for (int topic = 0; topic < topics; topic++) {
            Checks.same(
                    "counter of topic " + topic,
                    other.counter(topic).toCompletableFuture().join(),
                    updates[topic]);
        }
        telling.check();
        return nanos;
    }

    /** Each topic has a state before it is followed; that is the first its listener is told. */
    private void follow(SharedTopics writer, SharedTopics other, int topics) {
        List<LongConsumer> listeners =
                Stream.generate(this::listener).limit(topics).toList();
        for (int from = 0; from < topics; from += AT_ONCE) {
            int to = Math.min(topics, from + AT_ONCE);
            untold = new CountDownLatch(to - from);
            CompletableFuture.allOf(IntStream.range(from, to)
                            .mapToObj(topic -> writer.increment(topic)
                                    .thenCompose(done -> other.follow(
                                            topic,
                                            (told, counter) ->
                                                    listeners.get(told).accept(counter)))
                                    .toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .join();
            await();
        }
    }

    /** Wants to be told of the state after the last it was told of, beginning with the first. */
    private LongConsumer listener() {
        return new LongConsumer() {
            private long heard;

            @Override
            public void accept(long counter) {
                lastTold.accumulate(System.nanoTime());
                if (counter != heard + 1) {
                    fault.compareAndSet(null, "told " + counter + " after " + heard);
                }
                heard = counter;
                untold.countDown();
            }
        };
    }

    private double medianNanos(Runnable update, int listeners, Span span) {
        run(update, listeners, span.warmUpMillis(), 0); // without a pause: at the pace nothing gets compiled
        return Spread.of(run(update, listeners, span.millis(), PACE_NANOS)).median();
    }

    private List<Double> run(Runnable update, int listeners, long millis, long paceNanos) {
        List<Double> nanos = new ArrayList<>();
        long due = System.nanoTime();
        long end = due + TimeUnit.MILLISECONDS.toNanos(millis);
        while (nanos.size() < FEWEST || System.nanoTime() - end < 0) {
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            due = System.nanoTime() + paceNanos;
            nanos.add((double) once(update, listeners));
        }
        return nanos;
    }

    private long once(Runnable update, int listeners) {
        lastTold.reset();
        untold = new CountDownLatch(listeners);
        long begin = System.nanoTime();
        update.run();
        await();
        return lastTold.get() - begin;
    }

    private void await() {
        try {
            boolean all = untold.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            check();
            Checks.require("everybody is told, but for " + untold.getCount(), all);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void check() {
        String found = fault.get();
        Checks.require("each state is told once and in order, but " + found, found == null);
    }
}
