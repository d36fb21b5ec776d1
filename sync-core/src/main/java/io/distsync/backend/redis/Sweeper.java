package io.distsync.backend.redis;

import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.backend.support.VersionText;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after what nobody asks for: expires what is due, drops idle topics, and verifies the heads of followed topics in
 * rotation. Every node does it; that two of them meet in one topic is harmless.
 */
final class Sweeper {

    /*
     * Threads. Timers run on the scheduler, to which the plain fields belong; answers come on threads of the driver,
     * announcements from callers.
     */

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    private static final byte[] HEAD = "head".getBytes(StandardCharsets.US_ASCII);
    private static final int TOPICS_A_ROUND = 100;

    /** So many entries a call expires at the most, see sweep.lua: there may be more. */
    private static final int MOST_EXPIRED = 100;

    /** On a cluster: how many slots one round looks at, and after how many rounds the list of them is read again. */
    private static final int SLOTS_A_ROUND = 256;

    private static final int ROUNDS_A_LOOK = 8;
    private static final CompletionStage<Void> ANNOUNCED = CompletableFuture.completedFuture(null);

    /** Within this time each head is verified at least once. */
    private static final Duration ROTATION = Duration.ofSeconds(45);

    private final Topology topology;
    private final Names names;
    private final Feeds feeds;
    private final Duration interval;
    private final Duration heartbeat;
    private final Duration absence;
    private final @Nullable Outbox outbox;
    private final Scheduler scheduler;

    private final Set<Integer> announced = ConcurrentHashMap.newKeySet();
    private final ConcurrentSkipListSet<Integer> slots = new ConcurrentSkipListSet<>();
    private final AtomicLong malformed = new AtomicLong();
    private @Nullable Integer lastInTurn;
    private int round;

    /**
     * @param absence within which a follower that was cut off is back; for so long an idle topic may have none
     * @param outbox looked into as often, or {@code null} if there is none
     */
    Sweeper(
            Topology topology,
            Names names,
            Feeds feeds,
            Duration interval,
            Duration heartbeat,
            Duration absence,
            @Nullable Outbox outbox,
            Scheduler scheduler) {
        this.topology = topology;
        this.names = names;
        this.feeds = feeds;
        this.interval = interval;
        this.heartbeat = heartbeat;
        this.absence = absence;
        this.outbox = outbox;
        this.scheduler = scheduler;
    }

    void start() {
        long first = ThreadLocalRandom.current().nextLong(interval.toNanos()) + 1; // nodes started together spread out
        scheduler.schedule(this::sweep, Duration.ofNanos(first));
        scheduler.schedule(this::verifyHeads, heartbeat);
    }

    private void sweep() {
        if (names.isCluster()) {
            if (round++ % ROUNDS_A_LOOK == 0) {
                learnSlots();
            }
            inTurn().forEach(this::sweepSlot);
        } else {
            sweepSlot(0);
        }
        scheduler.schedule(this::sweep, interval);
    }

    /** Makes a slot known to everybody who sweeps, before something can be due in it for the first time. */
    CompletionStage<Void> announce(int slot) {
        if (!names.isCluster() || announced.contains(slot)) {
            return ANNOUNCED;
        }
        byte[] number = Arguments.ascii(slot);
        return topology.on(names.slotOfSlots(), server -> server.call(commands -> commands.sadd(names.slots(), number)))
                .thenAccept(added -> {
                    announced.add(slot);
                    slots.add(slot);
                });
    }

    private void learnSlots() {
        Server server = topology.at(names.slotOfSlots());
        if (server != null && server.isConnected()) {
            server.call(commands -> commands.smembers(names.slots())).whenComplete((found, failure) -> {
                if (failure == null) {
                    learn(server, found);
                }
            });
        }
    }

    /** What is no slot goes, as nobody could sweep it. */
    private void learn(Server server, Set<byte[]> found) {
        List<Integer> learned = new ArrayList<>(found.size());
        for (byte[] number : found) {
            try {
                learned.add(slot(number));
            } catch (MalformedDataException e) {
                LogEvent.SWEEP_SLOT_FOREIGN
                        .on(log)
                        .log(
                                "among the slots in which something may be due is none, which is removed: {}",
                                e.getMessage());
                var unused = server.call(commands -> commands.srem(names.slots(), number));
            }
        }
        slots.addAll(learned);
        announced.retainAll(learned); // what the list has lost is announced again
    }

    private static int slot(byte[] number) {
        String text = KeyText.decode(number);
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) >= SlotHash.SLOT_COUNT) {
            throw new MalformedDataException("no slot: '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    /** All slots, or as many of them as one round takes, in rotation. */
    private List<Integer> inTurn() {
        List<Integer> turn = new ArrayList<>();
        Integer next = lastInTurn;
        for (int i = Math.min(slots.size(), SLOTS_A_ROUND); i > 0; i--) {
            next = next == null ? null : slots.higher(next);
            next = next == null ? slots.first() : next;
            turn.add(next);
        }
        lastInTurn = next;
        return turn;
    }

    private void sweepSlot(int slot) {
        Server server = topology.at(slot);
        if (server == null || !server.isConnected()) {
            return;
        }
        if (outbox != null) {
            outbox.look(slot);
        }
        byte[][] most = {Arguments.ascii(TOPICS_A_ROUND)};
        server.run(Kind.DUE, new byte[][] {names.due(slot)}, most).whenComplete((topics, failure) -> {
            if (failure != null) {
                log.debug("looking for due topics failed", failure);
            } else {
                topics.forEach(topic -> sweepOrRemove(server, slot, (byte[]) topic));
            }
        });
    }

    /** What is no topic goes: nobody else takes it out, and enough of it would be all that a round sees. */
    private void sweepOrRemove(Server server, int slot, byte[] name) {
        String topic;
        try {
            topic = Limits.checkTopic(KeyText.decode(name));
        } catch (MalformedDataException | IllegalArgumentException e) {
            LogEvent.SWEEP_TOPIC_FOREIGN
                    .on(log)
                    .log(
                            "among the topics in which something is due is none of ours, which is removed: {}",
                            e.getMessage());
            var unused = server.call(commands -> commands.zrem(names.due(slot), name));
            return;
        }
        sweep(server, topic);
    }

    private void sweep(Server server, String topic) {
        server.run(Kind.SWEEP, names.keys(topic), Arguments.sweep(topic, absence))
                .whenComplete((reply, failure) -> {
                    try {
                        if (failure != null) {
                            log.debug("sweeping topic '{}' failed", topic, failure);
                        } else if (Replies.sweep(topic, reply) >= MOST_EXPIRED) {
                            sweep(server, topic);
                        }
                    } catch (RuntimeException e) {
                        LogEvent.SWEEP_FAILED.on(log).setCause(e).log("topic '{}' cannot be swept", topic);
                    }
                });
    }

    private void verifyHeads() {
        int count = (int) Math.ceil((double) feeds.topics() * heartbeat.toNanos() / ROTATION.toNanos());
        for (String topic : feeds.toVerify(count)) {
            Server server = topology.at(names.slot(topic));
            if (server != null) {
                server.call(commands -> commands.hget(names.state(topic), HEAD)).whenComplete((head, failure) -> {
                    if (failure == null) {
                        verified(topic, head);
                    }
                });
            }
        }
        scheduler.schedule(this::verifyHeads, heartbeat);
    }

    /** Of a head that is none, callers are told with what they ask; views keep what they have. */
    private void verified(String topic, byte @Nullable [] head) {
        try {
            feeds.head(topic, head == null ? Version.ABSENT : VersionText.parse(head));
        } catch (MalformedDataException e) {
            if (LogEvent.isMilestone(malformed.incrementAndGet())) {
                LogEvent.FEED_HEAD_FOREIGN
                        .on(log)
                        .log("topic '{}': its head is not one of ours: {}", topic, e.getMessage());
            }
        }
    }
}
