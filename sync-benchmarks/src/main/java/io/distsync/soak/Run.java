package io.distsync.soak;

import io.distsync.Topic;
import io.distsync.error.SyncException;
import io.distsync.soak.Names.Count;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One run, from the start of the servers to the verdict. */
final class Run {

    /*
     * Threads. The caller's goes through the phases. While there is load, others play faults, let members come and go, check
     * and measure; all of them have ended when a phase is over.
     */

    private static final Duration ENDING = Duration.ofSeconds(30);
    private static final int COLLECT_EACH = 6;
    private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();

    private static final double HEAP_SHARE = 1.1;
    private static final double HEAP_SLACK = 6;
    private static final double REDIS_SHARE = 2;
    private static final double REDIS_SLACK = 16;

    private static final Pattern TOPIC = Pattern.compile("\\{(.*)}");

    private final Plan plan;
    private final Random random;

    private Run(Plan plan) {
        this.plan = plan;
        this.random = new Random(plan.seed());
    }

    static Outcome of(Plan plan) throws InterruptedException {
        return new Run(plan).play();
    }

    private Outcome play() throws InterruptedException {
        try (Site site = Site.start(plan.mode())) {
            World world = new World(plan, site);
            List<Bound> bounds = new ArrayList<>();
            List<String> left = new ArrayList<>();
            Set<Thread> before = new HashSet<>(Gauge.threads());
            Gauge gauge = new Gauge(world);
            Map<String, Integer> threads;
            LoggedErrors errors = LoggedErrors.to(world.alarm());
            try {
                try (Cast cast = new Cast(world, random)) {
                    Checks checks = new Checks(world, cast, random);
                    Faults faults = new Faults(world, cast, random);
                    prepare(world, cast.members().get(0));
                    load(world, cast, checks, faults, gauge, plan.warmUp());
                    Reading first = quiet(cast, checks, gauge);
                    load(world, cast, checks, faults, gauge, plan.length().minus(plan.warmUp()));
                    Reading last = quiet(cast, checks, gauge);
                    threads = Gauge.kinds();
                    bounds.addAll(bounds(plan, first, last));
                }
                if (!world.alarm().isRaised()) {
                    left.addAll(left(world, gauge, before));
                }
            } finally {
                errors.close();
            }
            return new Outcome(
                    plan,
                    "Redis " + version(site),
                    world.operations(),
                    world.faults(),
                    world.told(),
                    threads,
                    gauge.readings(),
                    bounds,
                    left,
                    world.alarm().reasons());
        }
    }

    private static String version(Site site) {
        Matcher version = Pattern.compile("redis_version:(\\S+)").matcher(String.valueOf(site.ask("INFO", "server")));
        return version.find() ? version.group(1) : "?";
    }

    // --- phases -----------------------------------------------------------------------------------------------------

    /** Everything there is exists from the start on, so that the number of keys is that of the end. */
    private static void prepare(World world, Member member) throws InterruptedException {
        for (int i = 0; i < Names.ROOMS; i++) {
            Topic<Count> room = Names.room(i);
            insist(() -> member.service().optimisticUpdate(room, state -> state.next("start")));
        }
        for (int i = 0; i < Names.REGISTERS; i++) {
            Topic<String> register = Names.register(i);
            insist(() -> member.service().send(register, "start"));
        }
        for (int i = 0; i < Names.GUARDED; i++) {
            Topic<String> guarded = Names.guarded(i);
            insist(() -> member.service().send(guarded, ""));
            lock(member, Names.guard(i));
        }
        for (int i = 0; i < Names.LOCKS; i++) {
            lock(member, Names.lock(i));
        }
        for (int i = 0; i < Names.SHARED_LOCKS; i++) {
            lock(member, Names.sharedLock(i));
        }
        for (int i = 0; i < Names.SEMAPHORES; i++) {
            String name = Names.semaphore(i);
            insist(() -> member.semaphores()
                    .semaphore(name, Names.PERMITS)
                    .withPermit(Checks.PATIENCE, permit -> permit.name()));
        }
        for (int i = 0; i < Names.COUNTERS; i++) {
            String name = Names.counter(i);
            world.count("increment of a counter", name, () -> {
                long unused = member.counters().counter(name).increment();
            });
        }
        new StateWork(world, member, new Random(0), opened -> {}).countEverything();
        insist(() -> member.texts().put("d0", "start"));
        insist(() -> member.line().put("first", "start"));
        insist(() -> member.entries().put("first", 1L));
        insist(() -> member.balances().commit(commit -> commit.add("a0", -1).add("b0", 1)));
    }

    private static void lock(Member member, String name) {
        insist(() -> member.locks().withLock(name, Checks.PATIENCE, grant -> grant.name()));
    }

    /** Asks again until the store has answered: at the start it may take its time. */
    private static void insist(Supplier<?> asking) {
        long end = System.nanoTime() + Checks.PATIENCE.toNanos();
        while (true) {
            try {
                var unused = asking.get();
                return;
            } catch (SyncException e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
            }
        }
    }

    private void load(World world, Cast cast, Checks checks, Faults faults, Gauge gauge, Duration length)
            throws InterruptedException {
        Alarm alarm = world.alarm();
        if (alarm.isRaised()) {
            return;
        }
        cast.startWork();
        Repeating breaking = new Repeating("faults", plan.faults(), alarm, faults::playNext);
        Repeating turning = new Repeating("turnover", plan.turnover(), alarm, cast::turnOver);
        Repeating checking = new Repeating("checks", plan.checks(), alarm, checks::whileItGoesOn);
        Repeating measuring = new Repeating("gauge", plan.sampling(), alarm, () -> {
            var unused = gauge.read("load", cast.members(), gauge.taken() % COLLECT_EACH == 0);
        });
        try {
            boolean unused = alarm.await(length.toMillis());
        } finally {
            breaking.close(); // what is broken is mended, at the end of the fault
            turning.close();
            cast.stopWork();
            checking.close();
            measuring.close();
        }
    }

    private Reading quiet(Cast cast, Checks checks, Gauge gauge) {
        checks.inQuiet();
        LockSupport.parkNanos(plan.settling().toNanos());
        return gauge.read("quiet", cast.members(), true);
    }

    // --- verdict ----------------------------------------------------------------------------------------------------

    static List<Bound> bounds(Plan plan, Reading first, Reading last) {
        double heap = Reading.megabytes(first.heap());
        double redis = Reading.megabytes(first.redis());
        long topics = first.keys() - first.memories(); // at least one key each
        return List.of(
                new Bound(
                        "heap after garbage collection, MB",
                        heap,
                        Reading.megabytes(last.heap()),
                        heap * HEAP_SHARE + HEAP_SLACK,
                        "a tenth and 6 MB more"),
                new Bound(
                        "threads of the library",
                        first.ours(),
                        last.ours(),
                        first.ours() + (plan.isSettled() ? 4L : 10L) * plan.members(),
                        "more for each service: dispatchers that are not idle yet"),
                new Bound(
                        "threads, drivers included",
                        first.threads(),
                        last.threads(),
                        first.threads() + (plan.isSettled() ? 8L : 14L) * plan.members(),
                        "more for each service: drivers start theirs when they need them"),
                new Bound(
                        "kinds of threads",
                        first.kinds(),
                        last.kinds(),
                        first.kinds() + 4,
                        "four more: drivers start theirs when they need them"),
                new Bound(
                        "connections to Redis",
                        first.connections(),
                        last.connections(),
                        first.connections(),
                        "no more"),
                new Bound(
                        "open descriptors of the process",
                        first.descriptors(),
                        last.descriptors(),
                        first.descriptors() + 8L * plan.members(),
                        "eight more for each service: event loops have some, too"),
                new Bound(
                        "keys in Redis, less those of older requests",
                        first.keys() - first.memories(),
                        last.keys() - last.memories(),
                        topics,
                        "no more"),
                new Bound(
                        "keys of older requests",
                        first.memories(),
                        last.memories(),
                        topics,
                        "one for each topic, once its log has been full"),
                new Bound(
                        "memory of Redis, MB",
                        redis,
                        Reading.megabytes(last.redis()),
                        redis * REDIS_SHARE + REDIS_SLACK,
                        "twice as much and 16 MB more: logs that fill up"),
                new Bound(
                        "topics known to services",
                        first.topics(),
                        last.topics(),
                        (double) Names.TOPICS * plan.members(),
                        "all there are, for each service"));
    }

    /** What should be gone when every service is closed. */
    private static List<String> left(World world, Gauge gauge, Set<Thread> before) {
        List<String> left = List.of();
        long end = System.nanoTime() + ENDING.toNanos();
        do {
            LockSupport.parkNanos(PAUSE_NANOS);
            left = leftNow(world, before);
        } while (!left.isEmpty() && System.nanoTime() - end < 0);
        var unused = gauge.read("closed", List.of(), true);
        return left;
    }

    private static List<String> leftNow(World world, Set<Thread> before) {
        List<String> left = new ArrayList<>();
        Gauge.threads().stream()
                .filter(thread -> !before.contains(thread))
                .forEach(thread -> left.add("thread " + thread.getName()));
        long connections = world.site().info("clients", "connected_clients") - 1;
        if (connections > 0) {
            left.add(connections + " connections to Redis");
        }
        world.site().keys("*").stream().filter(key -> !isExpected(key)).forEach(key -> left.add("key " + key));
        return left;
    }

    /** Of topics that stay, and what there is one of for the whole server. */
    private static boolean isExpected(String key) {
        Matcher topic = TOPIC.matcher(key);
        if (!topic.find()) {
            return Set.of("due", "floor", "slots", "outbox").contains(key);
        }
        return !key.startsWith("lease:") && (!topic.group(1).startsWith("soak:room:") || key.startsWith("kv:"));
    }
}
