package io.distsync.soak;

import io.distsync.counter.LeasedCounter;
import io.distsync.error.StaleTokenException;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.registry.Registration;
import io.distsync.registry.ServiceInstance;
import io.distsync.semaphore.Permit;
import io.distsync.soak.Holders.Holder;
import io.distsync.soak.Worker.Job;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What is held and counted: locks, permits, terms, registrations. */
final class HoldWork {

    private static final LockOptions EXCLUSIVE = LockOptions.defaults().withLease(Member.LEASE);

    private final World world;
    private final Member member;
    private final Random random;
    private final Keeper keeper;

    HoldWork(World world, Member member, Random random, Keeper keeper) {
        this.world = world;
        this.member = member;
        this.random = random;
        this.keeper = keeper;
    }

    List<Job> jobs() {
        return List.of(
                new Job(8, () -> lock(Names.lock(random.nextInt(Names.LOCKS)))),
                new Job(4, () -> guarded(random.nextInt(Names.GUARDED))),
                new Job(4, () -> shared(Names.sharedLock(random.nextInt(Names.SHARED_LOCKS)))),
                new Job(6, () -> permit(Names.semaphore(random.nextInt(Names.SEMAPHORES)))),
                new Job(5, () -> increment(Names.counter(random.nextInt(Names.COUNTERS)))),
                new Job(4, this::underWay),
                new Job(1, this::resign),
                new Job(2, this::update),
                new Job(2, this::register),
                new Job(3, this::look));
    }

    private Duration someTime() {
        return Duration.ofMillis(random.nextInt(100));
    }

    private void hold() {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(5_000)));
    }

    // --- locks and permits ------------------------------------------------------------------------------------------

    private void lock(String name) throws InterruptedException {
        Holders holders = world.holders("lock " + name, 1);
        world.act("lock", () -> {
            Optional<LockGrant> granted = member.locks().tryLock(name, someTime());
            if (granted.isEmpty()) {
                world.told().add("locks that others had");
                return;
            }
            LockGrant grant = granted.get();
            Holder holder = world.enter(holders, new Holder(grant::isValid, false, 1), grant.token());
            if (random.nextInt(30) == 0) {
                keeper.keep(() -> {
                    holders.leave(holder);
                    grant.close();
                });
                return;
            }
            hold();
            holders.leave(holder);
            grant.close();
        });
    }

    /** What a lock guards is written with the token, and nobody who holds the lock is refused. */
    private void guarded(int number) throws InterruptedException {
        String name = Names.guard(number);
        Holders holders = world.holders("lock " + name, 1);
        world.act("lock and fenced update", () -> {
            Optional<LockGrant> granted = member.locks().tryLock(name, someTime());
            if (granted.isEmpty()) {
                return;
            }
            try (LockGrant grant = granted.get()) {
                Holder holder = world.enter(holders, new Holder(grant::isValid, false, 1), grant.token());
                try {
                    var unused = member.service()
                            .fencedUpdate(
                                    Names.guarded(number),
                                    name,
                                    grant.token().version(),
                                    state -> grant.token().toString());
                } catch (StaleTokenException e) {
                    if (grant.isValid()) {
                        world.alarm().raise("lock " + name + ": its holder was refused", e);
                    }
                } finally {
                    holders.leave(holder);
                }
            }
        });
    }

    private void shared(String name) throws InterruptedException {
        Holders holders = world.holders("lock " + name, 1);
        boolean shared = random.nextInt(4) > 0;
        world.act(shared ? "shared lock" : "lock among shared ones", () -> {
            Optional<LockGrant> granted =
                    member.locks().tryLock(name, someTime(), shared ? EXCLUSIVE.shared() : EXCLUSIVE);
            if (granted.isPresent()) {
                try (LockGrant grant = granted.get()) {
                    Holder holder = world.enter(holders, new Holder(grant::isValid, shared, 1), null);
                    hold();
                    holders.leave(holder);
                }
            }
        });
    }

    private void permit(String name) throws InterruptedException {
        Holders holders = world.holders("semaphore " + name, Names.PERMITS);
        world.act("permit", () -> {
            int wanted = 1 + random.nextInt(2);
            Optional<Permit> granted =
                    member.semaphores().semaphore(name, Names.PERMITS).tryAcquire(wanted, someTime());
            if (granted.isPresent()) {
                try (Permit permit = granted.get()) {
                    Holder holder = world.enter(holders, new Holder(permit::isValid, false, wanted), null);
                    hold();
                    holders.leave(holder);
                }
            }
        });
    }

    // --- counters ---------------------------------------------------------------------------------------------------

    private void increment(String name) throws InterruptedException {
        world.count("increment of a counter", name, () -> {
            long unused = member.counters().counter(name).increment();
        });
    }

    private void underWay() throws InterruptedException {
        world.act("leased counter", () -> {
            LeasedCounter counter = member.underWay();
            String key = "k" + random.nextInt(5);
            counter.add(key, 1);
            keeper.keep(() -> counter.add(key, -1));
        });
    }

    // --- elections and registrations --------------------------------------------------------------------------------

    private void resign() throws InterruptedException {
        world.act("resignation", () -> {
            if (random.nextInt(5) == 0) {
                member.candidacies().get(random.nextInt(Names.ELECTIONS)).resign();
            }
        });
    }

    private void update() throws InterruptedException {
        world.act("update of a registration", () -> {
            var unused = member.registration().update(instance -> instance.withWeight(1 + random.nextInt(10)));
        });
    }

    private void register() throws InterruptedException {
        world.act("registration", () -> {
            Registration registration = member.registry()
                    .register(ServiceInstance.of(Names.SERVICE, "127.0.0.1", 0).withZone(member.toString()));
            keeper.keep(registration::close);
        });
    }

    private void look() throws InterruptedException {
        world.act("look at the registry and the leader", () -> {
            var available = member.instances().available();
            var leader = member.observed().get(random.nextInt(Names.ELECTIONS)).leader();
            if (available.isEmpty() && leader.isEmpty()) {
                world.told().add("looks that found nobody");
            }
            if (random.nextInt(4) == 0) {
                var unused = member.registry().fetch(Names.SERVICE);
            }
        });
    }
}
