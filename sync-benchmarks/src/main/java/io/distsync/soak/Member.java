package io.distsync.soak;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.MapReplica;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.counter.LeasedCounter;
import io.distsync.counter.SyncCounters;
import io.distsync.election.Candidacy;
import io.distsync.election.CandidateOptions;
import io.distsync.election.ElectionView;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceView;
import io.distsync.registry.SyncRegistry;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.soak.Holders.Holder;
import io.distsync.soak.Names.Count;
import io.distsync.testsupport.kafka.KafkaProcess;
import io.distsync.testsupport.net.FaultProxy;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** One node: a service with everything on it, its own way to the server, and its workers. */
final class Member implements AutoCloseable {

    /*
     * Threads. Workers are threads of their own. Who opens a member, stops and starts its workers and closes it is one
     * thread at a time; others look at what it follows.
     */

    static final Duration LEASE = Duration.ofSeconds(4);

    private static final Duration GRACE = Duration.ofSeconds(3);
    private static final long JOIN_MILLIS = 90_000;

    private final World world;
    private final String name;
    private final Random random;
    private final FaultProxy proxy;
    private final SyncBackend backend;
    private final SyncService service;
    private final SyncLocks locks;
    private final SyncSemaphores semaphores;
    private final SyncCounters counters;
    private final LeasedCounter underWay;
    private final SyncElections elections;
    private final SyncRegistry registry;
    private final SyncMap<Long> balances;
    private final SyncMap<Long> entries;
    private final SyncMap<String> sessions;
    private final SyncMap<String> line;
    private final SyncMap<String> texts;
    private final MapReplica<Long> replica;
    private final Map<String, DistributedSync<?>> followed = new LinkedHashMap<>();
    private final List<Candidacy> candidacies = new ArrayList<>();
    private final List<ElectionView> observed = new ArrayList<>();
    private final Registration registration;
    private final ServiceView instances;
    private final List<Worker> workers = new ArrayList<>();
    private volatile boolean leaving;

    Member(World world, String name, long seed) {
        this.world = world;
        this.name = name;
        random = new Random(seed);
        proxy = FaultProxy.to(world.site().redis().port());
        backend = backend();
        service = SyncService.builder(backend)
                .name(name)
                .timeout(Duration.ofSeconds(3))
                .shutdownGrace(GRACE)
                .defaultRetention(Names.RETENTION)
                .build();
        locks = SyncLocks.builder(service)
                .owner(name)
                .defaults(LockOptions.defaults().withLease(LEASE))
                .build();
        semaphores = SyncSemaphores.builder(service).owner(name).lease(LEASE).build();
        counters = SyncCounters.builder(service).lease(LEASE).build();
        underWay = counters.leased(Names.UNDER_WAY);
        elections = SyncElections.builder(service)
                .owner(name)
                .defaults(CandidateOptions.defaults().withLease(LEASE))
                .build();
        registry = SyncRegistry.builder(service)
                .defaults(RegistrationOptions.defaults().withLease(LEASE))
                .build();
        balances = service.map(Names.BALANCES);
        entries = service.map(Names.ENTRIES);
        sessions = service.map(Names.SESSIONS);
        line = service.map(Names.LINE);
        texts = service.map(Names.TEXTS);
        replica = balances.replica();
        replica.onChange(new BalanceWitness(world, name + ", replica"));
        follow();
        for (int i = 0; i < Names.ELECTIONS; i++) {
            String election = Names.election(i);
            candidacies.add(elections.join(election, new Reign(world, election)));
            observed.add(elections.observe(election));
        }
        instances = registry.instances(Names.SERVICE);
        instances.onChange((before, after) -> world.told().add("changes of instances"));
        registration = registry.register(
                ServiceInstance.of(Names.SERVICE, "127.0.0.1", 0).withId(name));
    }

    private SyncBackend backend() {
        RedisSyncBackend.Builder redis = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", proxy.port()))
                .heartbeat(Duration.ofMillis(500))
                .connectTimeout(Duration.ofSeconds(1))
                .sweep(Duration.ofMillis(250));
        KafkaProcess kafka = world.site().kafka();
        return kafka == null
                ? redis.build()
                : KafkaSyncBackend.builder(redis, Map.of("bootstrap.servers", kafka.bootstrapServers()))
                        .topics(Set.of(Names.HOT.name()))
                        .partitions(3)
                        .heartbeat(Duration.ofMillis(500))
                        .build();
    }

    /** The hot state, and some of the others. */
    private void follow() {
        follow(Names.HOT, Count::value);
        follow(Names.CONFLATED, null);
        for (int i = 0; i < Names.MANY; i++) {
            if (random.nextInt(3) == 0) {
                follow(Names.many(i), Count::value);
            }
        }
        for (int i = 0; i < Names.REGISTERS; i++) {
            if (random.nextInt(3) == 0) {
                follow(Names.register(i), null);
            }
        }
    }

    private <T> void follow(Topic<T> topic, @Nullable ToLongFunction<T> count) {
        DistributedSync<T> handle = service.sync(topic);
        for (Delivery delivery : Delivery.values()) {
            handle.onChange(delivery, new Witness<>(world, name + ", " + topic.name(), delivery, count));
        }
        followed.put(topic.name(), handle);
    }

    // --- work -------------------------------------------------------------------------------------------------------

    void startWork() {
        for (int i = 0; i < world.plan().workers(); i++) {
            Worker worker = new Worker(world, this, name + "-" + i, new Random(random.nextLong()));
            workers.add(worker);
            worker.start();
        }
    }

    /** Lets the workers end what they do and close what they opened. */
    void stopWork() throws InterruptedException {
        workers.forEach(Worker::stop);
        for (Worker worker : workers) {
            if (!worker.join(JOIN_MILLIS)) {
                world.alarm().raise("worker " + worker + " does not end:" + worker.stack());
            }
        }
        workers.clear();
    }

    /** Those that have been at one action for longer than anything may take. */
    List<String> stuck(Duration longest) {
        return List.copyOf(workers).stream()
                .filter(worker -> worker.busyFor().compareTo(longest) > 0)
                .map(worker -> worker + " has been busy for " + worker.busyFor() + worker.stack())
                .toList();
    }

    // --- end --------------------------------------------------------------------------------------------------------

    /** From now on nobody waits for it to be current. */
    void leave() {
        leaving = true;
    }

    boolean isLeaving() {
        return leaving;
    }

    /** Ends without a word to the store, as a process does that crashed: what it holds is free when leases are over. */
    void crash() throws InterruptedException {
        leave();
        proxy.hold();
        stopWork();
        close();
    }

    /** Closes everything in the order in which it depends on each other. */
    @Override
    public void close() {
        leave();
        registry.close();
        elections.close();
        counters.close();
        semaphores.close();
        locks.close();
        service.close();
        backend.close();
        proxy.close();
    }

    // --- parts ------------------------------------------------------------------------------------------------------

    FaultProxy proxy() {
        return proxy;
    }

    SyncService service() {
        return service;
    }

    SyncLocks locks() {
        return locks;
    }

    SyncSemaphores semaphores() {
        return semaphores;
    }

    SyncCounters counters() {
        return counters;
    }

    LeasedCounter underWay() {
        return underWay;
    }

    SyncRegistry registry() {
        return registry;
    }

    SyncMap<Long> balances() {
        return balances;
    }

    SyncMap<Long> entries() {
        return entries;
    }

    SyncMap<String> sessions() {
        return sessions;
    }

    SyncMap<String> line() {
        return line;
    }

    SyncMap<String> texts() {
        return texts;
    }

    MapReplica<Long> replica() {
        return replica;
    }

    /** By topic. */
    Map<String, DistributedSync<?>> followed() {
        return followed;
    }

    List<Candidacy> candidacies() {
        return candidacies;
    }

    List<ElectionView> observed() {
        return observed;
    }

    Registration registration() {
        return registration;
    }

    ServiceView instances() {
        return instances;
    }

    @Override
    public String toString() {
        return name;
    }

    /** Terms, as the candidate is told of them. */
    private static final class Reign implements LeadershipListener {

        private final World world;
        private final Holders terms;
        private @Nullable Holder term;

        Reign(World world, String election) {
            this.world = world;
            this.terms = world.holders("election " + election, 1);
        }

        @Override
        public void elected(LeaderTerm elected) {
            world.told().add("terms");
            term = world.enter(terms, new Holder(elected::isValid, false, 1), elected.token());
        }

        @Override
        public void revoked(LeaderTerm over, RevocationReason reason) {
            if (term != null) {
                terms.leave(term);
            }
        }
    }
}
