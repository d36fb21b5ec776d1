package io.distsync.backend.kafka;

import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.Change;
import io.distsync.backend.kafka.Targets.Target;
import io.distsync.backend.redis.Broadcaster;
import io.distsync.backend.redis.Outbox;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries changes by Kafka: the clients and what is done with them, from the moment they can be made. */
final class Carrier implements Broadcaster, AutoCloseable {

    /*
     * Threads. Clients are made on whoever starts, or on the scheduler if no broker's name could be resolved then. Who is
     * followed, that there are clients, and the end are guarded by the monitor. "links" is read by everybody.
     */

    private static final Logger log = LoggerFactory.getLogger(Carrier.class);

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration LAST_RECORDS = Duration.ofSeconds(2);

    private final ClientConfig clients;
    private final TopicNames names;
    private final Targets.Settings settings;
    private final Scheduler scheduler;
    private final TimeSource time;
    private final Instant startedAt;
    private final CompletableFuture<Void> looked = new CompletableFuture<>();
    private final Map<String, Integer> followers = new HashMap<>();
    private volatile @Nullable Links links;
    private boolean closed;

    /** What there is once the clients are. */
    private record Links(Admin admin, Targets targets, Publisher publisher, RecordFeed feed) {

        /** Closes each of them, whatever becomes of the others; an interrupt must not keep one from it, and comes later. */
        void close() {
            boolean interrupted = Thread.interrupted();
            Duration patience = targets.isReachable() ? LAST_RECORDS : Duration.ZERO;
            targets.close();
            for (Runnable step :
                    List.<Runnable>of(feed::close, () -> publisher.close(patience), () -> admin.close(LAST_RECORDS))) {
                try {
                    step.run();
                } catch (RuntimeException e) {
                    LogEvent.BROADCAST_NOT_CLOSED
                            .on(log)
                            .setCause(e)
                            .log("a client of Kafka could not be closed as it should");
                }
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    Carrier(ClientConfig clients, TopicNames names, Targets.Settings settings, Scheduler scheduler, TimeSource time) {
        this.clients = clients;
        this.names = names;
        this.settings = settings;
        this.scheduler = scheduler;
        this.time = time;
        startedAt = time.instant();
    }

    /**
     * Begins.
     *
     * @throws KafkaException if the settings of the clients are not as they must be
     */
    void start(Outbox outbox) {
        try {
            open(outbox);
        } catch (KafkaException e) {
            if (!ClientConfig.isUnresolved(e)) {
                throw e;
            }
            looked.complete(null);
            LogEvent.BROADCAST_UNRESOLVED
                    .on(log)
                    .log("no name of a Kafka broker can be resolved, trying again: {}", clients.bootstrapServers());
            scheduler.schedule(() -> tryAgain(outbox), RETRY);
        }
    }

    private void tryAgain(Outbox outbox) {
        try {
            open(outbox);
        } catch (RuntimeException e) {
            if (e instanceof KafkaException failure && ClientConfig.isUnresolved(failure)) {
                log.debug("no name of a Kafka broker can be resolved", e);
            } else {
                LogEvent.BROADCAST_CLIENTS_FAILED
                        .on(log)
                        .setCause(e)
                        .log("the clients of Kafka cannot be made, trying again");
            }
            scheduler.schedule(() -> tryAgain(outbox), RETRY);
        }
    }

    /** Makes the clients, for which names are resolved; without the monitor, because that may take its time. */
    private void open(Outbox outbox) {
        Admin admin = clients.admin();
        Producer<byte[], byte[]> producer = null;
        try {
            producer = clients.producer();
            clients.consumer()
                    .close(CloseOptions.timeout(Duration.ZERO)); // what is wrong with its settings shall show now
        } catch (Throwable e) {
            admin.close(Duration.ZERO);
            if (producer != null) {
                producer.close(Duration.ZERO);
            }
            throw e;
        }
        Targets targets = new Targets(admin, names, settings, scheduler, time, startedAt, this::ready);
        Publisher publisher = new Publisher(producer, targets, outbox, scheduler);
        RecordFeed feed =
                new RecordFeed(clients::consumer, admin, targets, outbox, scheduler, clients.maxRecordBytes());
        Links made = new Links(admin, targets, publisher, feed);
        feed.start();
        if (publish(made)) {
            var unused = targets.looked()
                    .thenCompose(done -> CompletableFuture.allOf(
                            targets.usable().stream().map(publisher::prepare).toArray(CompletableFuture[]::new)))
                    .thenAccept(looked::complete);
            targets.start();
        } else {
            made.close();
        }
    }

    private synchronized boolean publish(Links made) {
        if (closed) {
            return false;
        }
        links = made;
        followers.keySet().forEach(made.feed()::follow);
        return true;
    }

    private void ready(Target target) {
        Links now = links;
        if (now != null) {
            var unused = now.publisher().prepare(target.name());
            now.feed().ready(target);
        }
    }

    /** Completes when every Kafka topic can be sent to or was found unusable, or no broker answered, for the first time. */
    CompletableFuture<Void> looked() {
        return looked;
    }

    /** Why some Kafka topic cannot be used, or {@code null}. */
    @Nullable
    String refusal() {
        Links now = links;
        return now == null ? null : now.targets().problem();
    }

    synchronized void follow(String topic) {
        Links now = links;
        if (followers.merge(topic, 1, Integer::sum) == 1 && now != null) {
            now.feed().follow(topic);
        }
    }

    synchronized void unfollow(String topic) {
        Links now = links;
        if (followers.computeIfPresent(topic, (same, count) -> count == 1 ? null : count - 1) == null && now != null) {
            now.feed().unfollow(topic);
        }
    }

    /** Sends a commit; completes with whether the brokers have it, and never fails. */
    CompletableFuture<Boolean> send(String topic, List<Change> commit) {
        Links now = links;
        return now == null
                ? CompletableFuture.completedFuture(false)
                : now.publisher().send(topic, commit);
    }

    Broadcast info(long waiting) {
        Links now = links;
        if (now == null) {
            return new Broadcast("kafka", startedAt, waiting, null);
        }
        String refusal = now.targets().problem();
        return new Broadcast(
                "kafka",
                now.targets().unreachableSince(),
                Math.max(waiting, now.publisher().underWay()),
                Stream.of(refusal, now.publisher().problem(), now.feed().problem())
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null));
    }

    String clientId() {
        return clients.id();
    }

    @Nullable
    RecordFeed feed() {
        Links now = links;
        return now == null ? null : now.feed();
    }

    @Override
    public boolean isAble() {
        Links now = links;
        return now != null && now.targets().isReachable() && now.publisher().isAble();
    }

    @Override
    public boolean brings(String topic) {
        Links now = links;
        return now != null && now.targets().isReachable() && now.feed().brings(topic);
    }

    @Override
    public void broadcast(String topic, List<Change> commit) {
        var unused = send(topic, commit);
    }

    @Override
    public void close() {
        Links last;
        synchronized (this) {
            closed = true;
            last = links;
        }
        if (last != null) {
            last.close();
        }
    }
}
