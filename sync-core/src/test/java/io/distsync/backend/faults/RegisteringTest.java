package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.FeedStatus;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.faults.Processes.Said;
import io.distsync.backend.faults.Servers.Mode;
import io.distsync.counter.SyncCounters;
import io.distsync.error.SyncException;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceSnapshot;
import io.distsync.registry.ServiceView;
import io.distsync.registry.SyncRegistry;
import io.distsync.registry.balance.Balancer;
import io.distsync.registry.balance.JobCounts;
import io.distsync.registry.balance.LoadBalancer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real processes are registered as instances of a service, with jobs at each other, and are seen by the process of the test; they are
 * stopped, killed, ended and replaced, and Redis is killed and started again, with its data and without. How many faults {@link
 * #manyFaults} plays is set by {@code -Dsync.test.registry.faults}; on Kafka it is half as many.
 */
class RegisteringTest {

    private static final Logger log = LoggerFactory.getLogger(RegisteringTest.class);

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final Duration LEASE = Registering.LEASE;

    /** What a machine that does much else at the same time may add to what is promised. */
    private static final Duration BUSY = Duration.ofSeconds(3);

    private static final int FAULTS = Integer.getInteger("sync.test.registry.faults", 2);

    private enum Fault {
        CRASH,
        RESTART,
        PAUSE,
        REPLACE,
        LOSE,
        END
    }

    /** How many lines were heard, and how many lists seen. */
    private record Known(int said, int seen) {}

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final Processes processes = new Processes();

    /** The processes that are to be listed, and the jobs a process begins with, by the ids of their instances. */
    private final Map<String, Long> alive = new TreeMap<>();

    private final Map<String, String> jobs = new TreeMap<>();

    /** Which instance each process that is at work was started as, listed or replaced. */
    private final Map<Long, String> working = new TreeMap<>();

    private final List<ServiceSnapshot> seen = new CopyOnWriteArrayList<>();
    private Servers servers;
    private SyncBackend backend;
    private SyncService service;
    private SyncRegistry registry;
    private SyncCounters counters;
    private ServiceView view;
    private JobCounts counts;

    private void start(Mode mode, Durability durability) {
        servers = Servers.start(mode, durability);
        backend = nothingLeftBehind.watch(servers.open());
        service = SyncService.using(backend);
        registry = SyncRegistry.using(service);
        counters = Registering.counters(service);
        counts = JobCounts.shared(counters.leased(Registering.SERVICE));
        view = registry.instances(Registering.SERVICE);
        assertThat(view.whenCurrent()).succeedsWithin(BOUND);
        view.onChange((before, now) -> seen.add(now));
    }

    @AfterEach
    void stop() {
        processes.close();
        counters.close();
        registry.close();
        service.close();
        backend.close();
        servers.close();
    }

    // --- cases ------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("R1: a process that is killed goes when its lease is over, and no other one does")
    void killed(Mode mode) {
        start(mode, Durability.ALWAYS);
        register("a", "b");
        long begin = System.nanoTime();
        kill("a");
        Duration gone = Duration.ofNanos(System.nanoTime() - begin);
        log.info("gone {} ms after it was killed, with a lease of {} ms", gone.toMillis(), LEASE.toMillis());
        assertThat(gone).isLessThan(LEASE.plus(Servers.SWEEP.multipliedBy(2)).plus(BUSY));
        assertThat(changes("a")).containsExactly(Cause.WRITE, Cause.EXPIRED);
        assertThat(changes("b")).containsExactly(Cause.WRITE);
        awaitEverybodySeesAll();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("R1: a process that ends in order goes at once")
    void ended(Mode mode) {
        start(mode, Durability.ALWAYS);
        register("a", "b");
        end("a");
        assertThat(changes("a")).as("its lease did not matter").containsExactly(Cause.WRITE, Cause.DELETE);
        assertThat(changes("b")).containsExactly(Cause.WRITE);
        awaitEverybodySeesAll();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("R2: a process whose id another one registered stays away, also if it was stopped meanwhile")
    void replaced(Mode mode) {
        start(mode, Durability.ALWAYS);
        register("one");
        long first = replace("one");
        processes.end(first);
        eventually().until(() -> !processes.isAlive(first));
        assertThat(changes("one")).containsExactly(Cause.WRITE, Cause.WRITE);

        long second = pause("one");
        register("one");
        processes.resume(second);
        awaitStatus(second, "REPLACED");
        awaitHeartbeats();
        assertThat(changes("one")).containsExactly(Cause.WRITE, Cause.WRITE, Cause.EXPIRED, Cause.WRITE);
        awaitListed();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "R3: a process that is stopped for longer than its lease is gone, and registers once more when it goes on")
    void stopped(Mode mode) {
        start(mode, Durability.ALWAYS);
        register("a", "b");
        resume("a", pause("a"));
        awaitHeartbeats();
        assertThat(changes("a")).containsExactly(Cause.WRITE, Cause.EXPIRED, Cause.WRITE);
        assertThat(changes("b")).containsExactly(Cause.WRITE);
        awaitEverybodySeesAll();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "R5: when Redis was restarted empty, all processes register again, and nobody misses one of them meanwhile")
    void restartedEmpty(Mode mode) {
        start(mode, Durability.NONE);
        register("a", "b", "c", "dead");
        awaitEverybodySeesAll();
        processes.kill(forget("dead"));
        Known known = known();
        servers.redis().kill();
        servers.redis().start();
        awaitListed();
        awaitEverybodySeesAll();
        assertNobodyMissed(known);
        assertThat(changes("dead")).as("what Redis has kept").isEmpty();
        alive.values().forEach(pid -> awaitStatus(pid, "REGISTERED"));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "R9: while Redis is away for longer than the lease the list of processes stays, and says that it is stale")
    void away(Mode mode) {
        start(mode, Durability.ALWAYS);
        register("a", "b");
        awaitEverybodySeesAll();
        Known known = known();
        ServiceSnapshot list = view.snapshot();
        long begin = System.nanoTime();
        servers.redis().kill();
        eventually().until(() -> view.status() instanceof FeedStatus.Stale);
        awaitSince(begin, LEASE.multipliedBy(2));
        assertThat(view.status()).isInstanceOf(FeedStatus.Stale.class);
        assertThat(view.snapshot()).isSameAs(list);
        servers.redis().start();
        awaitListed();
        assertNobodyMissed(known);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "R35: jobs of a process that is killed or stopped in the middle of them count no more, those of others do")
    void jobsOfOthers(Mode mode) {
        start(mode, Durability.ALWAYS);
        jobs.put("caller", "busy,busy,busy");
        jobs.put("other", "idle");
        register("busy", "idle", "other", "caller");
        Balancer balancer = Balancer.of(
                () -> view.matching(each -> !jobs.containsKey(each.id())), LoadBalancer.leastConnections(counts));
        assertThat(Objects.requireNonNull(balancer.choose()).id()).isEqualTo("idle");
        kill("caller");
        assertThat(counts.of(Registering.instance("busy")).getAsInt()).isZero();
        assertThat(counts.of(Registering.instance("idle")).getAsInt()).isEqualTo(1);
        assertThat(Objects.requireNonNull(balancer.choose()).id()).isEqualTo("busy");
        long paused = pause("other");
        assertThat(counts.total()).isZero();
        resume("other", paused);
        assertThat(counts.total()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "R5: whatever happens to processes and to the store, all that live are listed again, and their jobs are right")
    void manyFaults(Mode mode) {
        start(mode, Durability.ALWAYS);
        jobs.putAll(Map.of("a", "b,c", "b", "c,c,c", "c", "a"));
        register("a", "b", "c");
        Map<Fault, Integer> played = new EnumMap<>(Fault.class);
        Fault[] kinds = Fault.values();
        int faults = mode == Mode.REDIS ? FAULTS : Math.max(2, FAULTS / 2);
        for (int i = 0; i < faults; i++) {
            play(kinds[i % kinds.length], List.of("a", "b", "c").get(i / kinds.length % 3));
            played.merge(kinds[i % kinds.length], 1, Integer::sum);
        }
        awaitEverybodySeesAll();
        log.info(
                "{}, {} lists seen, {} lines heard",
                played,
                seen.size(),
                processes.said().size());
    }

    private void play(Fault fault, String id) {
        awaitEverybodySeesAll(); // one that has just started may be about to say whom it saw before
        Known known = known();
        switch (fault) {
            case CRASH -> {
                kill(id);
                register(id);
            }
            case PAUSE -> resume(id, pause(id));
            case END -> {
                end(id);
                register(id);
            }
            case REPLACE -> {
                long before = replace(id);
                processes.kill(before);
                working.remove(before);
                awaitListed();
            }
            case RESTART -> {
                servers.redis().kill();
                servers.redis().start();
                awaitListed();
                assertNobodyMissed(known);
            }
            case LOSE -> {
                var unused = servers.redis().call("FLUSHALL");
                servers.redis().kill();
                servers.redis().start();
                awaitListed();
                assertNobodyMissed(known);
            }
        }
    }

    // --- what is done to processes ----------------------------------------------------------------------------------

    /** Starts processes with these ids, and waits until they are listed. */
    private void register(String... ids) {
        for (String id : ids) {
            long pid = processes.launch(Registering.class, servers.arguments(id, jobs.getOrDefault(id, "")));
            alive.put(id, pid);
            working.put(pid, id);
        }
        awaitListed();
    }

    /** Starts a process with an id that another one has, and waits until that one knows. */
    private long replace(String id) {
        long before = Objects.requireNonNull(alive.get(id));
        register(id);
        awaitStatus(before, "REPLACED");
        return before;
    }

    private void kill(String id) {
        processes.kill(forget(id));
        awaitListed();
    }

    private void end(String id) {
        processes.end(forget(id));
        awaitListed();
    }

    /** Stops it until it is gone. */
    private long pause(String id) {
        long pid = forget(id);
        processes.pause(pid);
        awaitListed();
        return pid;
    }

    private void resume(String id, long pid) {
        processes.resume(pid);
        alive.put(id, pid);
        working.put(pid, id);
        awaitListed();
        awaitStatus(pid, "REGISTERED");
    }

    private long forget(String id) {
        long pid = Objects.requireNonNull(alive.remove(id));
        working.remove(pid);
        return pid;
    }

    // --- what is seen -----------------------------------------------------------------------------------------------

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(10));
    }

    private static void awaitSince(long begin, Duration time) {
        eventually().until(() -> System.nanoTime() - begin > time.toNanos());
    }

    /** For a time in which all of them have to be renewed. */
    private static void awaitHeartbeats() {
        awaitSince(System.nanoTime(), LEASE);
    }

    /** Those that live are listed, here and in the store, as those processes, and no others; jobs are those of all at work. */
    private void awaitListed() {
        eventually().ignoreExceptionsInstanceOf(SyncException.class).untilAsserted(() -> {
            assertThat(view.all().stream()
                            .collect(Collectors.toMap(
                                    ServiceInstance::id,
                                    each -> Long.valueOf(Objects.requireNonNull(
                                            each.metadata().get(Registering.PID))))))
                    .isEqualTo(alive);
            assertThat(view.status().isCurrent()).isTrue();
            assertThat(jobsSeen()).isEqualTo(jobsOfThoseAtWork());
            assertThat(registry.fetch(Registering.SERVICE).all()).isEqualTo(view.all());
        });
    }

    private Map<String, Integer> jobsSeen() {
        return targets()
                .distinct()
                .collect(Collectors.toMap(
                        id -> id, id -> counts.of(Registering.instance(id)).getAsInt()));
    }

    private Map<String, Integer> jobsOfThoseAtWork() {
        Map<String, Integer> all = targets().distinct().collect(Collectors.toMap(id -> id, id -> 0));
        working.values().stream()
                .flatMap(id -> Registering.jobs(jobs.getOrDefault(id, "")).stream())
                .forEach(id -> all.merge(id, 1, Integer::sum));
        return all;
    }

    private Stream<String> targets() {
        return jobs.values().stream().flatMap(each -> Registering.jobs(each).stream());
    }

    private void awaitEverybodySeesAll() {
        String all = String.join(",", alive.keySet());
        eventually()
                .untilAsserted(() -> assertThat(alive.values())
                        .allSatisfy(pid -> assertThat(last(pid, "SEES")).isEqualTo(all)));
    }

    private void awaitStatus(long pid, String status) {
        eventually().untilAsserted(() -> assertThat(last(pid, "STATUS")).isEqualTo(status));
    }

    /** The last word of a process on something. */
    private String last(long pid, String what) {
        return processes
                .said(what)
                .filter(line -> line.pid() == pid)
                .map(Said::more)
                .reduce("nothing yet", (first, second) -> second);
    }

    private Known known() {
        return new Known(processes.said().size(), seen.size());
    }

    /** Neither here nor by one of the processes, since that was all that was known. */
    private void assertNobodyMissed(Known before) {
        assertThat(processes.said().stream()
                        .skip(before.said())
                        .filter(line -> line.what().equals("SEES")))
                .allSatisfy(line -> assertThat(line.more().split(",")).containsAll(alive.keySet()));
        assertThat(seen.stream().skip(before.seen()))
                .allSatisfy(list ->
                        assertThat(list.all()).extracting(ServiceInstance::id).containsAll(alive.keySet()));
    }

    /** What has become of an entry in the store. */
    private List<Cause> changes(String id) {
        try (SyncBackend store = servers.openRedis()) {
            return Judgement.changes(store, "registry:" + Registering.SERVICE).stream()
                    .filter(change -> change.key().equals(id))
                    .map(change -> change.cause())
                    .toList();
        }
    }
}
