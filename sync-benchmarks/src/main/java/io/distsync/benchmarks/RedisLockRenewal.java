package io.distsync.benchmarks;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.testsupport.redis.RespClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One process holds 10,000 locks and does nothing else: what their renewal costs it and the server. All contenders renew
 * when a third of the lease has passed, so that is a round. One iteration only: JMH adds up the counters of several.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls start
public class RedisLockRenewal {

    /** More than what asks for the figures, and the housekeeping of a client, have a server do between two looks. */
    private static final long AT_REST = 50;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    @Param
    public LocksWay way;

    @Param("NONE")
    public Durability durability;

    @Param("10000")
    public int locks;

    @Param("6000")
    public int leaseMillis;

    /** More than three, so that each lease would be over in the meantime. */
    @Param("4")
    public int rounds;

    private final Crew holder = new Crew(1); // a thread may have to give back what it took
    private final List<NamedLocks.Hold> holds = new ArrayList<>();
    private RedisServer server;
    private NamedLocks client;
    private RespClient look;

    /** Takes all locks, and lets a lease go by. */
    @Setup
    public void start() throws IOException {
        server = RedisServer.start(durability);
        client = way.open(server.uri(), Duration.ofMillis(leaseMillis));
        look = new RespClient(server.port());
        holder.each(1, () -> {
            for (int lock = 0; lock < locks; lock++) {
                holds.add(client.take(LockCrew.name(lock)));
            }
        });
        sleepUntil(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(leaseMillis));
    }

    @Benchmark
    public void renew(Figures figures) throws IOException {
        ServerWork before = ServerWork.of(server);
        Duration processorBefore = processor();
        watch(figures, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(leaseMillis) * rounds / 3);
        figures.of(ServerWork.of(server).since(before), processor().minus(processorBefore), rounds);
    }

    /** Looks in short turns what the server is doing, and notes how long it takes to get an answer. */
    private void watch(Figures figures, long end) throws IOException {
        long looked = System.nanoTime();
        long commands = ServerWork.commands(look);
        double busyNanos = 0;
        long longest = 0;
        while (looked - end < 0) {
            sleepUntil(looked + LOOK_NANOS);
            long asked = System.nanoTime();
            long since = ServerWork.commands(look);
            long answered = System.nanoTime();
            longest = Math.max(longest, answered - asked);
            if (since - commands > AT_REST) {
                busyNanos += answered - looked;
            }
            commands = since;
            looked = answered;
        }
        figures.busyMillisPerRound = busyNanos / 1e6 / rounds;
        figures.longestAnswerMillis = longest / 1e6;
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static Duration processor() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
    }

    @TearDown
    public void check() throws IOException {
        try {
            holder.each(
                    1,
                    () -> holds.forEach(hold -> {
                        Checks.require("each lock is still held", hold.isHeld());
                        hold.release();
                    }));
            Checks.same("locks held", holds.size(), locks);
            for (int lock = 0; lock < locks; lock++) {
                Checks.require("lock " + lock + " is free in the end", client.isFree(LockCrew.name(lock)));
            }
        } finally {
            look.close();
            holder.close();
            client.close();
            server.close();
        }
    }

    /** Times of the processors; but for how long the server was busy with renewals, by looks 5 ms apart. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Figures {

        public double serverMillisPerRound;
        public double clientMillisPerRound;
        public double scriptsPerRound;
        public double commandsPerRound;
        public double readsPerRound;
        public double busyMillisPerRound;
        public double longestAnswerMillis;

        private void of(ServerWork work, Duration processor, int rounds) {
            serverMillisPerRound = work.processorMicros() / 1e3 / rounds;
            clientMillisPerRound = processor.toNanos() / 1e6 / rounds;
            scriptsPerRound = (double) work.scriptCalls() / rounds;
            commandsPerRound = (double) work.commands() / rounds;
            readsPerRound = (double) work.reads() / rounds;
        }
    }
}
