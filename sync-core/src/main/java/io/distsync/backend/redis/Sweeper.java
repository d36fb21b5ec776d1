package io.distsync.backend.redis;

import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after what nobody asks for: expires what is due, drops idle topics, and verifies the heads of followed topics in
 * rotation. Every node does it; that two of them meet in one topic is harmless.
 */
final class Sweeper {

    /* Threads. Timers run on the scheduler, answers on threads of the driver; there is no state between two rounds. */

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    private static final int TOPICS_A_ROUND = 100;
    private static final int FULL = 100;

    /** Within this time each head is verified at least once. */
    private static final Duration ROTATION = Duration.ofSeconds(45);

    private final Server server;
    private final Names names;
    private final Feeds feeds;
    private final Duration interval;
    private final Duration heartbeat;
    private final Scheduler scheduler;

    Sweeper(Server server, Names names, Feeds feeds, Duration interval, Duration heartbeat, Scheduler scheduler) {
        this.server = server;
        this.names = names;
        this.feeds = feeds;
        this.interval = interval;
        this.heartbeat = heartbeat;
        this.scheduler = scheduler;
    }

    void start() {
        long first = ThreadLocalRandom.current().nextLong(interval.toNanos()) + 1; // nodes started together spread out
        scheduler.schedule(this::sweep, Duration.ofNanos(first));
        scheduler.schedule(this::verifyHeads, heartbeat);
    }

    private void sweep() {
        if (server.session() != null) {
            server.run(Kind.DUE, new byte[][] {names.due()}, new byte[][] {
                        String.valueOf(TOPICS_A_ROUND).getBytes(StandardCharsets.US_ASCII)
                    })
                    .whenComplete((topics, failure) -> {
                        if (failure != null) {
                            log.debug("looking for due topics failed", failure);
                        } else {
                            topics.forEach(topic -> sweep(KeyText.decode((byte[]) topic)));
                        }
                    });
        }
        scheduler.schedule(this::sweep, interval);
    }

    private void sweep(String topic) {
        server.run(Kind.SWEEP, names.keys(topic), Arguments.sweep(topic)).whenComplete((reply, failure) -> {
            try {
                if (failure != null) {
                    log.debug("sweeping topic '{}' failed", topic, failure);
                } else if (Replies.sweep(topic, reply) >= FULL) {
                    sweep(topic);
                }
            } catch (RuntimeException e) {
                log.warn("topic '{}' cannot be swept", topic, e);
            }
        });
    }

    private void verifyHeads() {
        int count = (int) Math.ceil((double) feeds.topics() * heartbeat.toNanos() / ROTATION.toNanos());
        if (count > 0 && server.session() != null) {
            for (String topic : feeds.next(count)) {
                server.call(commands -> commands.hget(names.state(topic), "head".getBytes(StandardCharsets.US_ASCII)))
                        .whenComplete((head, failure) -> {
                            if (failure == null) {
                                feeds.head(topic, head == null ? Version.ABSENT : Versions.parse(head));
                            }
                        });
            }
        }
        scheduler.schedule(this::verifyHeads, heartbeat);
    }
}
