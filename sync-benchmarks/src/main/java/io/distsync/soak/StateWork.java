package io.distsync.soak;

import io.distsync.CasResult;
import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.soak.Names.Count;
import io.distsync.soak.Worker.Job;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Single states: written in every way, followed by handles, listeners and publishers that come and go. */
final class StateWork {

    private final World world;
    private final Member member;
    private final SyncService service;
    private final Random random;
    private final Keeper keeper;

    StateWork(World world, Member member, Random random, Keeper keeper) {
        this.world = world;
        this.member = member;
        this.service = member.service();
        this.random = random;
        this.keeper = keeper;
    }

    List<Job> jobs() {
        return List.of(
                new Job(12, () -> count("update of a hot state", Names.HOT)),
                new Job(10, () -> count("update of one of many states", Names.many(random.nextInt(Names.MANY)))),
                new Job(6, () -> count("update of a conflated state", Names.CONFLATED)),
                new Job(6, () -> room(Names.room(random.nextInt(Names.ROOMS)))),
                new Job(4, () -> send(register())),
                new Job(4, () -> compareAndSet(register())),
                new Job(2, () -> delete(register())),
                new Job(4, () -> fetch(register())),
                new Job(4, this::open),
                new Job(2, this::publish),
                new Job(2, this::await));
    }

    /** Each counted state, once. */
    void countEverything() throws InterruptedException {
        count("update of a hot state", Names.HOT);
        count("update of a conflated state", Names.CONFLATED);
        for (int i = 0; i < Names.MANY; i++) {
            count("update of one of many states", Names.many(i));
        }
    }

    private Topic<String> register() {
        return Names.register(random.nextInt(Names.REGISTERS));
    }

    private void count(String kind, Topic<Count> topic) throws InterruptedException {
        world.count(kind, topic.name(), () -> update(topic));
    }

    /** Nobody counts what is dropped now and then. */
    private void room(Topic<Count> topic) throws InterruptedException {
        world.act("update of a state that is dropped when idle", () -> update(topic));
        if (random.nextInt(8) == 0) {
            DistributedSync<Count> handle = service.sync(topic);
            keeper.keep(handle::close);
        }
    }

    private void update(Topic<Count> topic) {
        Version least = world.newest(topic.name());
        Versioned<Count> updated = service.optimisticUpdate(topic, state -> state.next(member.toString()));
        world.told(topic.name(), least, updated.version());
    }

    private void send(Topic<String> topic) throws InterruptedException {
        world.act("send", () -> {
            Version least = world.newest(topic.name());
            world.told(topic.name(), least, service.send(topic, text()).version());
        });
    }

    private void compareAndSet(Topic<String> topic) throws InterruptedException {
        world.act("compareAndSet", () -> {
            Version least = world.newest(topic.name());
            CasResult<String> result = service.compareAndSet(topic, least, text());
            if (result.current().present()) {
                world.told(topic.name(), least, result.current().version());
            }
            if (result.isCommitted() && !result.current().version().isNewerThan(least)) {
                world.alarm()
                        .raise("compareAndSet of " + topic.name() + " was committed as "
                                + result.current().version() + ", which is not newer than " + least);
            }
        });
    }

    private void delete(Topic<String> topic) throws InterruptedException {
        world.act("delete", () -> {
            boolean unused = service.delete(topic);
        });
    }

    private void fetch(Topic<String> topic) throws InterruptedException {
        world.act("fetchLatest", () -> {
            Version least = world.newest(topic.name());
            service.fetchLatest(topic).ifPresent(state -> world.told(topic.name(), least, state.version()));
        });
    }

    private String text() {
        return member + " " + "x".repeat(random.nextInt(200));
    }

    // --- following --------------------------------------------------------------------------------------------------

    /** A handle with a listener for a while, sometimes on what nobody else follows here. */
    private void open() throws InterruptedException {
        world.act("handle and listener opened", () -> {
            if (random.nextBoolean()) {
                listen(Names.many(random.nextInt(Names.MANY)), Count::value);
            } else {
                listen(register(), null);
            }
        });
    }

    private <T> void listen(Topic<T> topic, @Nullable ToLongFunction<T> count) {
        DistributedSync<T> handle = service.sync(topic);
        Delivery delivery = random.nextBoolean() ? Delivery.EVERY : Delivery.LATEST;
        var subscription = handle.onChange(
                delivery, new Witness<>(world, member + ", " + topic.name() + ", for a while", delivery, count));
        if (random.nextBoolean()) {
            keeper.keep(subscription::close);
            keeper.keep(handle::close);
        } else {
            keeper.keep(handle::close); // with its listener
        }
    }

    private void publish() throws InterruptedException {
        world.act("publisher subscribed", () -> {
            Topic<Count> topic = random.nextBoolean() ? Names.HOT : Names.many(random.nextInt(Names.MANY));
            DistributedSync<Count> handle = service.sync(topic);
            Witness<Count> subscriber =
                    new Witness<>(world, member + ", " + topic.name() + ", subscriber", Delivery.EVERY, Count::value);
            handle.publisher().subscribe(subscriber);
            keeper.keep(() -> {
                subscriber.close();
                handle.close();
            });
        });
    }

    private void await() throws InterruptedException {
        world.act("changed", () -> {
            try (DistributedSync<Count> handle = service.sync(Names.HOT)) {
                boolean unused = handle.changed(Duration.ofMillis(20));
            }
        });
    }
}
