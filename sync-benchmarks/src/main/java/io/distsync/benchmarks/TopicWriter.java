package io.distsync.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The process that updates many topics, one after the other and again from the first. Updates are numbered through all
 * rounds, so that anybody can tell from a topic and its counter which update it was, and when that was due.
 */
final class TopicWriter {

    /**
     * Updates that follow each other.
     *
     * @param first number of the first of them
     * @param start when it is due, by {@link System#nanoTime}, which counts alike in all processes of a Linux machine
     * @param pace nanoseconds from each to the next; 0 for no pause
     */
    record Round(long first, int count, long start, long pace) {

        static Round parse(String line) {
            String[] words = line.split(" ", 4);
            return new Round(
                    Long.parseLong(words[0]),
                    Integer.parseInt(words[1]),
                    Long.parseLong(words[2]),
                    Long.parseLong(words[3]));
        }

        /** When an update of this round is due. */
        long due(int index) {
            return start + index * pace;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%d %d %d %d", first, count, start, pace);
        }
    }

    /** Without a pace it is what limits them; at a pace it is not reached unless the server stands still for so many. */
    private static final int UNDER_WAY = 2_048;

    private static final int UNDER_WAY_WITHOUT_PACE = 64;
    private static final long ONE_CLOCK_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final SharedTopics client;
    private final int topics;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private TopicWriter(SharedTopics client, int topics) {
        this.client = client;
        this.topics = topics;
    }

    private void write(Round round) throws InterruptedException {
        Checks.require("the processes have one clock", Math.abs(System.nanoTime() - round.start()) < ONE_CLOCK_NANOS);
        int most = round.pace() == 0 ? UNDER_WAY_WITHOUT_PACE : UNDER_WAY;
        Semaphore room = new Semaphore(most);
        for (int i = 0; i < round.count(); i++) {
            sleepUntil(round.due(i));
            room.acquire();
            client.increment((int) ((round.first() + i) % topics)).whenComplete((done, problem) -> {
                if (problem != null) {
                    failure.compareAndSet(null, problem);
                }
                room.release();
            });
        }
        room.acquire(most);
        Throwable problem = failure.get();
        if (problem != null) {
            throw new IllegalStateException("an update failed", problem);
        }
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Arguments: way, URI, topics. Each line of the input is a {@link Round}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int topics = Integer.parseInt(arguments[2]);
        try (SharedTopics client =
                TopicsWay.valueOf(arguments[0]).open(new Servers(arguments[1], null, null), topics)) {
            TopicWriter writer = new TopicWriter(client, topics);
            BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            System.out.println(Peer.DONE);
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                writer.write(Round.parse(line));
                System.out.println(Peer.DONE);
            }
        }
    }
}
