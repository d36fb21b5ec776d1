package io.distsync.benchmarks;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
 * Threads of one or several processes take locks and give them back, as often as they can in a given time: how often, how
 * long they wait, and what that costs the server and the processes. One iteration only: JMH adds up the counters of several.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
@Warmup(iterations = 0) // WarmUp does it
@Measurement(iterations = 1)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls start
public class RedisLocks {

    /** Longer than a run: nothing is renewed here. */
    static final Duration LEASE = Duration.ofSeconds(30);

    private static final long WARM_UP_MILLIS = 500;

    @Param
    public LocksWay way;

    @Param("NONE")
    public Durability durability;

    /** In each process. */
    @Param("1")
    public int threads;

    @Param("1")
    public int names;

    /** If it is one, it is this; if there are several, this one only tells them what to do. */
    @Param("1")
    public int processes;

    @Param("3000")
    public int runMillis;

    private RedisServer server;
    private Ledger ledger;
    private NamedLocks locks;
    private LockCrew crew;
    private List<Peer> peers;
    private long held;

    @Setup
    public void start(WarmUp warmUp) {
        server = RedisServer.start(durability);
        ledger = Ledger.create(names);
        locks = way.open(server.uri(), LEASE);
        crew = new LockCrew(locks, ledger, threads, names);
        peers = IntStream.range(0, processes == 1 ? 0 : processes)
                .mapToObj(peer -> LockPeer.start(way, server.uri(), ledger, threads, names))
                .toList();
        warmUp.repeat(() -> run(Math.min(WARM_UP_MILLIS, runMillis)));
    }

    @Benchmark
    public void hold(Figures figures) {
        ServerWork before = ServerWork.of(server);
        Duration processorBefore = processor();
        long begin = System.nanoTime();
        Holds holds = run(runMillis);
        figures.of(holds, begin);
        figures.of(ServerWork.of(server).since(before), processor().minus(processorBefore), holds.count());
    }

    private Holds run(long millis) {
        peers.forEach(peer -> peer.begin(Long.toString(millis)));
        Holds all = peers.stream()
                .map(peer -> Holds.parse(peer.awaitDone()))
                .reduce(Holds::and)
                .orElseGet(() -> crew.run(millis));
        held += all.count();
        return all;
    }

    /** What those who hold locks have used of the processors. */
    private Duration processor() {
        return (peers.isEmpty()
                        ? Stream.of(ProcessHandle.current())
                        : peers.stream().map(Peer::handle))
                .map(process -> process.info().totalCpuDuration().orElseThrow())
                .reduce(Duration.ZERO, Duration::plus);
    }

    @TearDown
    public void check() {
        try {
            Checks.same("holds noted", ledger.sum(), held);
            for (int lock = 0; lock < names; lock++) {
                Checks.require("lock " + lock + " is free in the end", locks.isFree(LockCrew.name(lock)));
            }
        } finally {
            crew.close();
            peers.forEach(Peer::close);
            locks.close();
            ledger.close();
            server.close();
        }
    }

    /** Of the work of the server: that of all scripts and all clients. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Figures {

        public double holdsPerSecond;
        public double p50WaitMicros;
        public double p999WaitMicros;
        public double maxWaitMicros;
        public double leastShare;
        public double readsPerHold;
        public double scriptsPerHold;
        public double commandsPerHold;
        public double serverMicrosPerHold;
        public double clientMicrosPerHold;

        private void of(Holds holds, long begin) {
            double[] micros = holds.sortedMicros();
            holdsPerSecond = micros.length / ((holds.end() - begin) / 1e9);
            p50WaitMicros = micros[(int) (0.5 * (micros.length - 1))];
            p999WaitMicros = micros[(int) (0.999 * (micros.length - 1))];
            maxWaitMicros = micros[micros.length - 1];
            leastShare = holds.leastShare();
        }

        private void of(ServerWork work, Duration processor, long holds) {
            readsPerHold = (double) work.reads() / holds;
            scriptsPerHold = (double) work.scriptCalls() / holds;
            commandsPerHold = (double) work.commands() / holds;
            serverMicrosPerHold = work.processorMicros() / holds;
            clientMicrosPerHold = processor.toNanos() / 1e3 / holds;
        }
    }
}
