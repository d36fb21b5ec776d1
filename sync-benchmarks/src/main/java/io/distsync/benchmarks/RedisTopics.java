package io.distsync.benchmarks;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
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
 * Another process updates 10,000 topics in turn, 1,000 times a second and on time whatever the answers; one client here
 * follows all of them: the time from when an update was due until the listener of its topic is called, and what the server
 * says of its work. One iteration only: JMH adds up the counters of several.
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
public class RedisTopics {

    private static final long PATIENCE_SECONDS = 120;
    private static final int AT_ONCE = 256;

    @Param
    public TopicsWay way;

    @Param("NONE")
    public Durability durability;

    @Param("10000")
    public int topics;

    @Param("1000")
    public int perSecond;

    @Param("30000")
    public int updates;

    private RedisServer server;
    private SharedTopics client;
    private Peer writer;
    private long sent;
    private AtomicLongArray heard;
    private volatile Hearing hearing;
    private double openMillis;
    private double scriptsToOpen;
    private int slowWhileOpening;

    /** Each topic has its first state before anybody follows it. */
    @Setup
    public void start(WarmUp warmUp) {
        server = RedisServer.start(durability, ServerWork.OPTIONS);
        writer = Peer.start(TopicWriter.class, way.name(), server.uri(), Integer.toString(topics));
        client = way.open(new Servers(server.uri(), null, null), topics);
        heard = new AtomicLongArray(topics);
        write(topics, 0);
        ServerWork.slowCalls(server, "the first states were stored");
        open();
        warmUp.repeat(() -> write(updates, 0).await());
        ServerWork.slowCalls(server, "warming up");
    }

    private void open() {
        ServerWork before = ServerWork.of(server);
        long begin = System.nanoTime();
        CompletableFuture<?>[] opened = IntStream.range(0, topics)
                .mapToObj(topic -> client.follow(topic, this::told).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(opened).join();
        hearing.await();
        openMillis = (System.nanoTime() - begin) / 1e6;
        scriptsToOpen = (double) ServerWork.of(server).since(before).scriptCalls() / topics;
        slowWhileOpening = ServerWork.slowCalls(server, "opening");
    }

    @Benchmark
    public void update(Figures figures) {
        ServerWork before = ServerWork.of(server);
        Hearing all = write(updates, TimeUnit.SECONDS.toNanos(1) / perSecond);
        all.await();
        ServerWork work = ServerWork.of(server).since(before);
        figures.of(all);
        figures.of(work, updates);
        figures.openMillis = openMillis;
        figures.scriptsToOpen = scriptsToOpen;
        figures.slowCallsOpening = slowWhileOpening;
        figures.connections = ServerWork.connections(server);
        figures.slowCalls = ServerWork.slowCalls(server, "measuring");
    }

    /** Returns when the other process has the answers to all of them. */
    private Hearing write(int count, long paceNanos) {
        TopicWriter.Round round = new TopicWriter.Round(sent, count, System.nanoTime(), paceNanos);
        Hearing expected = new Hearing(round);
        hearing = expected;
        writer.begin(round.toString());
        writer.awaitDone();
        sent += count;
        return expected;
    }

    /** Which update it was shows by topic and counter, so also whether it is told once, in order, and in its round. */
    private void told(int topic, long counter) {
        long now = System.nanoTime();
        Hearing current = hearing;
        if (counter == heard.get(topic) + 1) {
            heard.set(topic, counter);
            current.told((counter - 1) * topics + topic, now);
        } else {
            current.disordered();
        }
    }

    /** How often a topic was updated. */
    private long updatesOf(int topic) {
        return (sent - topic + topics - 1) / topics;
    }

    @TearDown
    public void check() {
        try {
            for (int from = 0; from < topics; from += AT_ONCE) {
                CompletableFuture.allOf(IntStream.range(from, Math.min(topics, from + AT_ONCE))
                                .mapToObj(topic -> client.counter(topic)
                                        .thenAccept(counter ->
                                                Checks.same("counter of topic " + topic, counter, updatesOf(topic)))
                                        .toCompletableFuture())
                                .toArray(CompletableFuture<?>[]::new))
                        .join();
            }
            for (int topic = 0; topic < topics; topic++) {
                Checks.same("last told of topic " + topic, heard.get(topic), updatesOf(topic));
            }
        } finally {
            writer.close();
            client.close();
            server.close();
        }
    }

    /** When the listeners were told of the updates of a round. */
    private static final class Hearing {

        private final TopicWriter.Round round;
        private final AtomicLongArray nanos;
        private final CountDownLatch untold;
        private volatile boolean disorder;

        Hearing(TopicWriter.Round round) {
            this.round = round;
            this.nanos = new AtomicLongArray(round.count());
            this.untold = new CountDownLatch(round.count());
        }

        void told(long update, long now) {
            long index = update - round.first();
            if (index < 0 || index >= round.count() || now < round.due((int) index)) {
                disorder = true;
                return;
            }
            nanos.set((int) index, now - round.due((int) index));
            untold.countDown();
        }

        void disordered() {
            disorder = true;
        }

        void await() {
            try {
                boolean all = untold.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                Checks.require("each state is told once, in order, and not before its time", !disorder);
                Checks.require("all states are told, but for " + untold.getCount(), all);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        double[] sortedMicros() {
            return IntStream.range(0, round.count())
                    .mapToDouble(index -> nanos.get(index) / 1e3)
                    .sorted()
                    .toArray();
        }
    }

    /** Of the server's work: that of all scripts and all clients. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Figures {

        public double openMillis;
        public double scriptsToOpen;
        public double p50Micros;
        public double p99Micros;
        public double maxMicros;
        public double connections;
        public double scriptsPerUpdate;
        public double microsPerScript;
        public double processorMicrosPerUpdate;
        public double slowCalls;
        public double slowCallsOpening;

        private void of(Hearing hearing) {
            double[] micros = hearing.sortedMicros();
            p50Micros = micros[(int) (0.5 * (micros.length - 1))];
            p99Micros = micros[(int) (0.99 * (micros.length - 1))];
            maxMicros = micros[micros.length - 1];
        }

        private void of(ServerWork work, int updates) {
            scriptsPerUpdate = (double) work.scriptCalls() / updates;
            microsPerScript = work.microsPerScript();
            processorMicrosPerUpdate = work.processorMicros() / updates;
        }
    }
}
