package io.distsync.soak;

import io.distsync.testsupport.kafka.KafkaProcess;
import io.distsync.testsupport.net.FaultProxy;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Breaks something, and mends it again. All kinds come once, in a new order, before any comes again. */
final class Faults {

    /*
     * Threads. One plays, at a time.
     */

    private static final long REDIS_RUNS_NANOS = Duration.ofMillis(300).toNanos();

    private record Fault(String name, Runnable play) {}

    private final World world;
    private final Cast cast;
    private final Random random;
    private final List<Fault> all = new ArrayList<>();
    private final List<Fault> next = new ArrayList<>();

    Faults(World world, Cast cast, Random random) {
        this.world = world;
        this.cast = cast;
        this.random = random;
        add("connections of one service are cut", () -> any().cut());
        add(
                "all connections are cut",
                () -> cast.members().forEach(member -> member.proxy().cut()));
        add("requests are lost", () -> any().loseRequests(1 + random.nextInt(3)));
        add("replies are lost", () -> any().loseRepliesTo("EVALSHA", 1 + random.nextInt(3)));
        add("connections of one service are half-open", this::hold);
        add("replies are slow", this::delay);
        add("Redis closes connections", this::killClients);
        add("Redis forgets its scripts", () -> tell("SCRIPT", "FLUSH"));
        add("Redis is stopped for a while", this::pauseRedis);
        add("Redis is restarted in order", this::restartRedis);
        add("Redis is killed and started again", this::killRedis);
        KafkaProcess kafka = world.site().kafka();
        if (kafka != null) {
            add("the broker is stopped for a while", () -> {
                kafka.pause();
                someTime(5_000);
                kafka.resume();
            });
            add("the broker is restarted in order", () -> {
                kafka.stop();
                kafka.start();
            });
            add("the broker is killed and started again", () -> {
                kafka.kill();
                someTime(3_000);
                kafka.start();
            });
        }
    }

    /** How many kinds there are. */
    int kinds() {
        return all.size();
    }

    private void add(String name, Runnable play) {
        all.add(new Fault(name, play));
    }

    void playNext() {
        if (next.isEmpty()) {
            next.addAll(all);
            Collections.shuffle(next, random);
        }
        Fault fault = next.remove(0);
        fault.play().run();
        world.faults().add(fault.name());
    }

    private FaultProxy any() {
        List<Member> members = cast.members();
        return members.get(random.nextInt(members.size())).proxy();
    }

    private void hold() {
        FaultProxy proxy = any();
        proxy.hold();
        someTime(6_000);
        proxy.release();
    }

    private void delay() {
        FaultProxy proxy = any();
        proxy.delay(Duration.ofMillis(20 + random.nextInt(200)));
        someTime(5_000);
        proxy.delay(Duration.ZERO);
    }

    private void killClients() {
        tell("CLIENT", "KILL", "TYPE", random.nextBoolean() ? "PUBSUB" : "NORMAL");
    }

    private void pauseRedis() {
        world.site().redis().pause();
        someTime(6_000);
        world.site().redis().resume();
    }

    private void restartRedis() {
        tell("SHUTDOWN", "NOSAVE");
        world.site().redis().kill(); // whatever is left of it
        world.site().redis().start();
    }

    private void killRedis() {
        world.site().redis().kill();
        if (random.nextBoolean()) {
            someTime(3_000);
        }
        world.site().redis().start();
    }

    /** Whether or not it is answered: some of what it is told ends the connection. */
    private void tell(String... command) {
        try {
            Object unused = world.site().redis().call(command);
        } catch (UncheckedIOException e) {
            LockSupport.parkNanos(REDIS_RUNS_NANOS);
        }
    }

    /** Shorter in a run that is short. */
    private void someTime(int millis) {
        long most = Math.min(millis, 1 + world.plan().length().toMillis() / 20);
        LockSupport.parkNanos(
                Duration.ofMillis(most / 4 + random.nextInt((int) most)).toNanos());
    }
}
