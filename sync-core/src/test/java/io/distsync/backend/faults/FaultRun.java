package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.CasResult;
import io.distsync.CommitOutcome;
import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.MapReplica;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.backend.faults.LedgerModel.Input;
import io.distsync.backend.faults.LedgerModel.Output;
import io.distsync.backend.faults.LedgerModel.Stored;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.SyncException;
import io.distsync.testsupport.history.Operation;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.version.Version;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that work on a few topics of one server, each behind a proxy of its own, while somebody plays a fault. Everything
 * their workers and listeners are told is kept for the {@link Judgement}.
 */
final class FaultRun implements AutoCloseable {

    /*
     * Threads. Each worker is a thread; callers of the other methods are one thread, the test's. A permit for each call
     * bounds the load, so that a history stays small however fast the machine is.
     */

    /** Nothing depends on it; machines that build may be slow. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    static final String LEDGER = "ledger";
    static final String SUMS = "sums";
    static final List<String> MIXED = List.of("mixed:0", "mixed:1");

    private static final int CALLS_A_SECOND = 1_000;
    private static final long SLOWNESS_NANOS = Duration.ofMillis(1).toNanos();

    /**
     * How the nodes are set up.
     *
     * @param timeout of the services
     * @param replicas how many have to confirm a commit
     */
    record Setting(int nodes, int workers, Duration timeout, Retention retention, int listenerBuffer, int replicas) {

        static final Setting PATIENT = new Setting(3, 2, Duration.ofSeconds(30), Retention.everything(), 1 << 16, 0);

        Setting timeout(Duration value) {
            return new Setting(nodes, workers, value, retention, listenerBuffer, replicas);
        }

        Setting trimming(Retention value, int buffer) {
            return new Setting(nodes, workers, timeout, value, buffer, replicas);
        }

        Setting replicas(int value) {
            return new Setting(nodes, workers, timeout, retention, listenerBuffer, value);
        }
    }

    /**
     * An addition to a worker's own sum.
     *
     * @param sum what it was told, if it was acknowledged
     */
    record Addition(
            String worker,
            @Nullable Long sum,
            @Nullable Version version,
            Duration took,
            @Nullable Throwable failure) {}

    /** How a node finds the server. */
    interface Way {
        RedisURI through(FaultProxy proxy);
    }

    /** By the address of its proxy. */
    static final Way BY_ADDRESS = proxy -> RedisURI.create("127.0.0.1", proxy.port());

    private final RedisClient driver;
    private final Way way;
    private final Function<RedisSyncBackend.Builder, SyncBackend> making;
    private final Setting setting;
    private final NothingLeftBehind nothingLeftBehind;
    private final long seed;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
    private final List<Addition> additions = Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong clock = new AtomicLong();
    private final Semaphore permits = new Semaphore(0);
    private final ScheduledExecutorService pacer = Executors.newSingleThreadScheduledExecutor();
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final List<Future<?>> working = new ArrayList<>();
    private RedisServer server;
    private volatile boolean stopping;
    private boolean closed;

    FaultRun(
            RedisServer server,
            RedisClient driver,
            Way way,
            Function<RedisSyncBackend.Builder, SyncBackend> making,
            Setting setting,
            NothingLeftBehind nothingLeftBehind,
            long seed) {
        this.server = server;
        this.way = way;
        this.making = making;
        this.driver = driver;
        this.setting = setting;
        this.nothingLeftBehind = nothingLeftBehind;
        this.seed = seed;
        for (int i = 0; i < setting.nodes(); i++) {
            nodes.add(new Node("node" + i));
        }
        nodes.forEach(Node::follow);
    }

    Setting setting() {
        return setting;
    }

    List<Node> nodes() {
        return nodes;
    }

    RedisServer server() {
        return server;
    }

    /** From now on this is the server; its clients are told by the proxies. */
    void moveTo(RedisServer other) {
        server = other;
        nodes.forEach(node -> node.proxy.retarget(other.port()));
    }

    List<Call> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    List<Addition> additions() {
        synchronized (additions) {
            return List.copyOf(additions);
        }
    }

    // --- load -------------------------------------------------------------------------------------------------------

    /** Lets the workers begin, and waits until each node has written something. */
    void start() {
        var unused = pacer.scheduleAtFixedRate(
                () -> permits.release(
                        CALLS_A_SECOND / 100 - Math.min(CALLS_A_SECOND / 100, permits.availablePermits())),
                0,
                10,
                TimeUnit.MILLISECONDS);
        int number = 0;
        for (Node node : nodes) {
            for (int i = 0; i < setting.workers(); i++) {
                Worker worker = new Worker(node, number, new Random(seed + number));
                working.add(workers.submit(worker));
                number++;
            }
        }
        awaitEachNode(20);
    }

    /** Waits until so many more writes are acknowledged. */
    void awaitAcknowledged(int more) {
        long wanted = acknowledged() + more;
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(2)).until(() -> {
            checkWorkers();
            return acknowledged() >= wanted;
        });
    }

    /** Waits until so many more writes are acknowledged to each node. */
    void awaitEachNode(int more) {
        Map<Node, Long> wanted = new LinkedHashMap<>();
        nodes.forEach(node -> wanted.put(node, node.acknowledged.get() + more));
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(2)).until(() -> {
            checkWorkers();
            return wanted.entrySet().stream()
                    .allMatch(each -> each.getKey().acknowledged.get() >= each.getValue());
        });
    }

    long acknowledged() {
        return nodes.stream().mapToLong(node -> node.acknowledged.get()).sum();
    }

    private void checkWorkers() throws InterruptedException, ExecutionException {
        for (Future<?> each : working) {
            if (each.isDone()) {
                each.get(); // throws what ended it
            }
        }
    }

    boolean isWorking() {
        return !stopping;
    }

    /** Lets the calls under way end. */
    void stop() {
        stopping = true;
        permits.release(working.size());
        for (Future<?> each : working) {
            try {
                each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError("a worker failed or is stuck", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
        working.clear();
    }

    /** A backend of nobody's, which goes to the server directly. */
    SyncBackend observer() {
        return RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", server.port()))
                .build();
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        stopping = true;
        permits.release(1_000);
        pacer.shutdownNow();
        workers.shutdown();
        nodes.forEach(node -> node.service.close());
        nodes.forEach(node -> node.backend.close());
        try {
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(5))
                    .untilAsserted(() -> assertThat(nodes)
                            .allSatisfy(node -> assertThat(node.proxy.connections())
                                    .as("connections left by " + node)
                                    .isZero()));
        } finally {
            nodes.forEach(node -> node.proxy.close());
        }
    }

    /** Who is connected to the server besides those who ask, sentinels and replicas. */
    List<String> clients() {
        return String.valueOf(server.call("CLIENT", "LIST"))
                .lines()
                .filter(line ->
                        !line.contains("cmd=client") && !line.contains("name=sentinel") && !line.contains("flags=S"))
                .toList();
    }

    // --- nodes ------------------------------------------------------------------------------------------------------

    /** A service, its way to the server, and what its listeners are told. */
    final class Node {

        private final String name;
        private final FaultProxy proxy;
        private final SyncBackend backend;
        private final SyncService service;
        private final AtomicLong acknowledged = new AtomicLong();
        private final Map<String, Topic<Ledger>> topics = new LinkedHashMap<>();
        private final Map<String, DistributedSync<Ledger>> handles = new LinkedHashMap<>();
        private final Map<String, List<Witness>> witnesses = new LinkedHashMap<>();
        private final SyncMap<Long> sums;
        private final MapReplica<Long> sumsReplica;
        private final SumsWitness sumsWitness;

        private Node(String name) {
            this.name = name;
            proxy = FaultProxy.to(server.port());
            backend = making.apply(RedisSyncBackend.builder(driver, way.through(proxy))
                    .heartbeat(Duration.ofMillis(250))
                    .connectTimeout(Duration.ofSeconds(1))
                    .waitForReplicas(setting.replicas(), Duration.ofMillis(200)));
            service = SyncService.builder(nothingLeftBehind.watch(backend))
                    .name(name)
                    .timeout(setting.timeout())
                    .defaultRetention(setting.retention())
                    .listenerBuffer(setting.listenerBuffer())
                    .build();
            topics.put(LEDGER, Topic.of(LEDGER, Ledger.class).withInitial(() -> Ledger.EMPTY));
            MIXED.forEach(
                    topic -> topics.put(topic, Topic.of(topic, Ledger.class).withInitial(() -> Ledger.EMPTY)));
            topics.forEach((topic, type) -> handles.put(topic, service.sync(type)));
            sums = service.map(Topic.of(SUMS, Long.class));
            sumsReplica = sums.replica();
            sumsWitness = new SumsWitness(name + ", " + SUMS);
        }

        /** Begins to listen when all is quiet: the first thing to be told is the first change. */
        private void follow() {
            await().atMost(PATIENCE).until(this::isCurrent);
            handles.forEach((topic, handle) -> {
                List<Witness> listening = List.of(
                        new Witness(name + ", " + topic, true, () -> {}),
                        new Witness(name + ", " + topic + ", slow", true, () -> LockSupport.parkNanos(SLOWNESS_NANOS)));
                listening.forEach(witness -> handle.onChange(Delivery.EVERY, witness));
                witnesses.put(topic, listening);
            });
            sumsReplica.onChange(sumsWitness);
        }

        /** Adds a listener to a topic. */
        Witness listen(String topic, String kind, Runnable pace) {
            Witness witness = new Witness(name + ", " + topic + ", " + kind, false, pace);
            handle(topic).onChange(Delivery.EVERY, witness);
            List<Witness> more = new ArrayList<>(witnesses(topic));
            more.add(witness);
            witnesses.put(topic, more);
            return witness;
        }

        FaultProxy proxy() {
            return proxy;
        }

        SyncBackend backend() {
            return backend;
        }

        DistributedSync<Ledger> handle(String topic) {
            return Objects.requireNonNull(handles.get(topic));
        }

        List<Witness> witnesses(String topic) {
            return Objects.requireNonNull(witnesses.get(topic));
        }

        SumsWitness sumsWitness() {
            return sumsWitness;
        }

        Map<String, Long> sums() {
            Map<String, Long> held = new LinkedHashMap<>();
            sumsReplica.entries().forEach((key, versioned) -> held.put(key, versioned.value()));
            return held;
        }

        boolean isCurrent() {
            return handles.values().stream().allMatch(handle -> handle.status().isCurrent())
                    && sumsReplica.status().isCurrent();
        }

        /** Resets the listeners were told, overflows included. */
        int resets() {
            return witnesses.values().stream()
                            .flatMap(List::stream)
                            .mapToInt(Witness::resets)
                            .sum()
                    + sumsWitness.resets();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    // --- workers ----------------------------------------------------------------------------------------------------

    /** Makes calls, one after another, until it is told to stop. */
    private final class Worker implements Runnable {

        private final Node node;
        private final int number;
        private final String name;
        private final Random random;
        private final Map<String, Version> seen = new LinkedHashMap<>();
        private int written;

        Worker(Node node, int number, Random random) {
            this.node = node;
            this.number = number;
            this.name = "w" + number;
            this.random = random;
        }

        @Override
        public void run() {
            while (!stopping) {
                permits.acquireUninterruptibly();
                int dice = random.nextInt(10);
                if (dice < 3) {
                    call(LEDGER, new Input.Update(name, nextId()));
                } else if (dice < 5) {
                    add();
                } else {
                    String topic = MIXED.get(random.nextInt(MIXED.size()));
                    call(topic, choose(topic));
                }
            }
        }

        private String nextId() {
            written++;
            return name + ":" + written;
        }

        private Input choose(String topic) {
            int dice = random.nextInt(20);
            if (dice < 7) {
                return new Input.Update(name, nextId());
            }
            if (dice < 11) {
                return new Input.Read();
            }
            if (dice < 15) {
                return new Input.CompareAndSet(seen(topic).revision(), nextId());
            }
            return dice < 18 ? new Input.Send(nextId()) : new Input.Delete();
        }

        private Version seen(String topic) {
            return seen.getOrDefault(topic, Version.ABSENT);
        }

        private void call(String topic, Input input) {
            long start = System.nanoTime();
            long called = clock.incrementAndGet();
            Output output = null;
            Version version = null;
            Throwable failure = null;
            try {
                Topic<Ledger> type = Objects.requireNonNull(node.topics.get(topic));
                if (input instanceof Input.Update update) {
                    Versioned<Ledger> after =
                            node.service.optimisticUpdate(type, state -> state.plus(update.worker(), update.id()));
                    version = after.version();
                    output = stored(topic, after);
                } else if (input instanceof Input.Send send) {
                    Versioned<Ledger> after = node.service.send(type, new Ledger(send.id(), Map.of()));
                    version = after.version();
                    output = stored(topic, after);
                } else if (input instanceof Input.CompareAndSet compare) {
                    CasResult<Ledger> result =
                            node.service.compareAndSet(type, seen(topic), new Ledger(compare.id(), Map.of()));
                    version = result.isCommitted() ? result.current().version() : null;
                    Stored current = stored(topic, result.current());
                    output = result.isCommitted() ? current : new LedgerModel.Refused(current);
                } else if (input instanceof Input.Delete) {
                    output = new LedgerModel.Deleted(node.service.delete(type));
                    seen.put(topic, Version.ABSENT);
                } else {
                    output = read(topic, type);
                }
            } catch (SyncException e) {
                failure = e;
            }
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            long returned = clock.incrementAndGet();
            Operation<Input, Output> operation = output == null
                    ? Operation.unanswered(number, input, called)
                    : Operation.answered(number, input, output, called, returned);
            calls.add(new Call(topic, name, operation, version, took, failure));
            if (version != null) {
                node.acknowledged.incrementAndGet();
            }
        }

        private Stored read(String topic, Topic<Ledger> type) {
            if (random.nextBoolean()) {
                return stored(topic, node.service.optimisticUpdate(type, state -> state));
            }
            return node.service
                    .fetchLatest(type)
                    .map(state -> stored(topic, state))
                    .orElse(Stored.ABSENT);
        }

        private Stored stored(String topic, Versioned<Ledger> state) {
            if (!state.present()) {
                seen.put(topic, Version.ABSENT);
                return Stored.ABSENT;
            }
            seen.put(topic, state.version());
            return new Stored(true, state.version().revision(), state.value());
        }

        private void add() {
            long start = System.nanoTime();
            Long sum = null;
            Version version = null;
            Throwable failure = null;
            try {
                CommitOutcome<Long> outcome = node.sums.commit(commit -> commit.add(name, 1));
                Versioned<Long> after = ((CommitOutcome.Committed<Long>) outcome)
                        .written()
                        .get(0)
                        .versioned();
                sum = after.value();
                version = after.version();
                node.acknowledged.incrementAndGet();
            } catch (NotAppliedException | OutcomeUnknownException e) {
                failure = e;
            }
            additions.add(new Addition(name, sum, version, Duration.ofNanos(System.nanoTime() - start), failure));
        }
    }
}
