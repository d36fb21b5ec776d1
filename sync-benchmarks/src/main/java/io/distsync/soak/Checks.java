package io.distsync.soak;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.election.Leader;
import io.distsync.error.SyncException;
import io.distsync.registry.RegistrationStatus;
import io.distsync.registry.ServiceInstance;
import io.distsync.soak.Names.Count;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Compares what services and the store say with what is known. */
final class Checks {

    /*
     * Threads. One checks, at a time.
     */

    /** Longer than any fault, and than all leases after it. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private final World world;
    private final Cast cast;
    private final Random random;

    Checks(World world, Cast cast, Random random) {
        this.world = world;
        this.cast = cast;
        this.random = random;
    }

    /** What can be checked while everything goes on. */
    void whileItGoesOn() {
        cast.members().forEach(member -> member.stuck(PATIENCE).forEach(world.alarm()::raise));
        sums();
        views();
        world.operations().add("round of checks");
    }

    /** What can be checked when nobody works and nothing breaks. */
    void inQuiet() {
        sums();
        views();
        replicas();
        eventually("all members lead, stand and are listed as they should", this::isInOrder);
        eventually(
                "what was counted on leases is taken back",
                () -> cast.members().stream()
                        .allMatch(member -> member.underWay().total() == 0));
        eventually(
                "sessions have expired",
                () -> first().sessions()
                        .read(new Range("", null, 1, Order.ASCENDING))
                        .entries()
                        .isEmpty());
        eventually(
                "idle states were dropped",
                () -> Gauge.keys(world.site(), "stream:{soak:room:*").isEmpty());
        eventually(
                "leases of those who left are over",
                () -> Gauge.leases(world.site()) == (long) cast.members().size() * (Names.ELECTIONS + 1));
        eventually(
                "all commits were broadcast",
                () -> world.site().kafka() == null || world.site().number("ZCARD", "outbox") == 0);
    }

    private Member first() {
        return cast.members().get(0);
    }

    // --- sums -------------------------------------------------------------------------------------------------------

    private void sums() {
        sum(Names.HOT);
        sum(Names.CONFLATED);
        for (int i = 0; i < Names.MANY; i++) {
            sum(Names.many(i));
        }
        for (int i = 0; i < Names.ACCOUNTS; i++) {
            String key = Integer.toString(i);
            sum(
                    Names.ENTRIES.name() + "/" + key,
                    () -> any().map(Names.ENTRIES)
                            .get(key)
                            .map(Versioned::value)
                            .orElse(0L));
        }
        for (int i = 0; i < Names.COUNTERS; i++) {
            String name = Names.counter(i);
            sum(name, () -> anyMember().counters().counter(name).get());
        }
    }

    private void sum(Topic<Count> topic) {
        sum(
                topic.name(),
                () -> any().fetchLatest(topic)
                        .map(state -> state.value().value())
                        .orElse(0L));
    }

    /** Asks until it is answered: bounds are taken anew for each question. */
    private void sum(String name, LongSupplier store) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!world.alarm().isRaised()) {
            try {
                String wrong = world.sum(name).check(store);
                if (wrong != null) {
                    world.alarm().raise(wrong);
                }
                return;
            } catch (SyncException e) {
                if (System.nanoTime() - end > 0) {
                    world.alarm().raise("no answer for " + PATIENCE, e);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private Member anyMember() {
        List<Member> members = cast.members();
        return members.get(random.nextInt(members.size()));
    }

    private SyncService any() {
        return anyMember().service();
    }

    // --- views ------------------------------------------------------------------------------------------------------

    /**
     * Each view gets to know, before long, what anybody knew when this began. One that was opened when the state was deleted
     * does not know the version of that.
     */
    private void views() {
        for (Member member : cast.members()) {
            member.followed().forEach((topic, handle) -> {
                Version known = world.newest(topic);
                eventually(
                        member + " follows " + topic + " up to " + known,
                        () -> !known.isNewerThan(handle.versioned().version())
                                || handle.versioned().version().isAbsent()
                                || member.isLeaving());
            });
        }
    }

    private void replicas() {
        for (Member member : cast.members()) {
            for (DistributedSync<?> handle : member.followed().values()) {
                same(member, handle);
            }
            eventually(
                    member + " has a replica as the store is",
                    () -> member.replica()
                            .version()
                            .equals(member.balances()
                                    .read(new Range("", null, 1, Order.ASCENDING))
                                    .head()));
        }
    }

    private <T> void same(Member member, DistributedSync<T> handle) {
        eventually(
                member + " sees " + handle.topic().name() + " as the store has it",
                () -> member.service()
                        .fetchLatest(handle.topic())
                        .map(state -> state.equals(handle.versioned()))
                        .orElseGet(() -> !handle.versioned().present()));
    }

    private boolean isInOrder() {
        Set<String> names = new HashSet<>();
        cast.members().forEach(member -> names.add(member.toString()));
        for (int i = 0; i < Names.ELECTIONS; i++) {
            int election = i;
            long leaders = cast.members().stream()
                    .filter(member -> member.candidacies().get(election).isLeader())
                    .count();
            if (leaders != 1) {
                return false;
            }
            for (Member member : cast.members()) {
                Optional<String> seen = member.observed().get(i).leader().map(Leader::owner);
                if (!seen.equals(leader(i))) {
                    return false;
                }
            }
        }
        return cast.members().stream()
                .allMatch(member -> member.registration().status() == RegistrationStatus.REGISTERED
                        && names.equals(ids(member.instances().all()))
                        && names.equals(
                                ids(member.registry().fetch(Names.SERVICE).all())));
    }

    private Optional<String> leader(int election) {
        return cast.members().stream()
                .filter(member -> member.candidacies().get(election).isLeader())
                .map(Member::toString)
                .findFirst();
    }

    private static Set<String> ids(List<ServiceInstance> instances) {
        Set<String> ids = new HashSet<>();
        instances.forEach(instance -> ids.add(instance.id()));
        return ids;
    }

    // --- waiting ----------------------------------------------------------------------------------------------------

    private void eventually(String what, BooleanSupplier condition) {
        eventually(what, condition, () -> "");
    }

    private void eventually(String what, BooleanSupplier condition, Supplier<String> instead) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!world.alarm().isRaised()) {
            if (holds(condition)) {
                return;
            }
            if (System.nanoTime() - end > 0) {
                world.alarm().raise("not within " + PATIENCE + ": " + what + instead.get());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static boolean holds(BooleanSupplier condition) {
        try {
            return condition.getAsBoolean();
        } catch (SyncException e) {
            return false; // the store is away at the moment
        }
    }
}
