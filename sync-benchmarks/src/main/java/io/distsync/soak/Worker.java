package io.distsync.soak;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Does one thing after another on a member, at a pace, and keeps some of what it opened for a while. */
final class Worker implements Runnable, Keeper {

    /*
     * Threads. One, which alone touches what is kept. Others tell it to stop, and look at since when it has been busy.
     */

    private static final int KEPT = 6;

    /** What a worker may do, and how often among the others. */
    record Job(int weight, World.Action action) {}

    private final World world;
    private final String name;
    private final Random random;
    private final List<Job> jobs = new ArrayList<>();
    private final int weights;
    private final Deque<Closing> kept = new ArrayDeque<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile long busySince = System.nanoTime();

    Worker(World world, Member member, String name, Random random) {
        this.world = world;
        this.name = name;
        this.random = random;
        jobs.addAll(new StateWork(world, member, random, this).jobs());
        jobs.addAll(new MapWork(world, member, random, this).jobs());
        jobs.addAll(new HoldWork(world, member, random, this).jobs());
        weights = jobs.stream().mapToInt(Job::weight).sum();
        thread = new Thread(this, "soak-" + name);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped.countDown();
    }

    boolean join(long millis) throws InterruptedException {
        thread.join(millis);
        return !thread.isAlive();
    }

    Duration busyFor() {
        return thread.isAlive() ? Duration.ofNanos(System.nanoTime() - busySince) : Duration.ZERO;
    }

    String stack() {
        return Arrays.stream(thread.getStackTrace())
                .limit(16)
                .map(frame -> "\n    at " + frame)
                .collect(Collectors.joining());
    }

    /** Closes it when enough else was kept, or the worker ends. */
    @Override
    public void keep(Closing opened) {
        kept.add(opened);
    }

    @Override
    public void run() {
        try {
            while (!stopped.await(pause(), TimeUnit.MICROSECONDS)) {
                busySince = System.nanoTime();
                choose().action().run();
                if (kept.size() > KEPT) {
                    closeOldest();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            while (!kept.isEmpty()) {
                busySince = System.nanoTime();
                closeOldest();
            }
        }
    }

    /** Around the one of the plan, so that workers do not go in step. */
    private long pause() {
        long mean = TimeUnit.SECONDS.toMicros(1) / world.plan().actions();
        return mean / 2 + (long) (random.nextDouble() * mean);
    }

    private Job choose() {
        int dice = random.nextInt(weights);
        for (Job job : jobs) {
            dice -= job.weight();
            if (dice < 0) {
                return job;
            }
        }
        throw new AssertionError(dice);
    }

    private void closeOldest() {
        Closing oldest = kept.poll();
        try {
            Objects.requireNonNull(oldest).close();
            world.operations().add("close");
        } catch (Exception e) {
            world.alarm().raise("close", e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
