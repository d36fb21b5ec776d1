package io.distsync.backend.kafka;

import io.distsync.backend.Change;
import io.distsync.backend.kafka.Targets.Target;
import io.distsync.backend.redis.Outbox;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the partitions of the topics that are followed here, from their end on, and hands whole commits to the followers.
 * Partitions are assigned by hand: there is no group, and nothing of a node is left on a broker.
 *
 * <p>This is the fast way only. What was committed before a partition is read, and what does not come, followers read from
 * the log of the store; offsets mean nothing to them, so neither holes nor records of others matter.
 */
final class RecordFeed {

    /*
     * Threads. One thread of its own polls, and owns the consumer and the assemblers' contents. Who follows what, and which
     * partitions are to be read, is guarded by the monitor; the thread takes it over before each poll, and waits on the
     * monitor while there is nothing to read. Offsets are looked up by the admin client, so that a broker that is away
     * holds up nobody. "read" and "followed" are for threads that only ask.
     */

    private static final Logger log = LoggerFactory.getLogger(RecordFeed.class);

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration FORBIDDEN = Duration.ofSeconds(10);
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);
    private static final Duration END = Duration.ofSeconds(5);

    /** So many records of the largest size are kept of the unfinished commits of a topic. */
    private static final long LARGEST_RECORDS = 4;

    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final Admin admin;
    private final Targets targets;
    private final Outbox outbox;
    private final Scheduler scheduler;
    private final long mostUnfinishedBytes;
    private final Thread thread;

    private final Map<String, CommitAssembler> followed = new ConcurrentHashMap<>();
    private final Map<String, TopicPartition> places = new ConcurrentHashMap<>();
    private volatile Set<TopicPartition> read = Set.of();
    private volatile @Nullable String problem;
    private volatile long malformed;
    private volatile long delivered;

    // monitor
    private final Map<TopicPartition, Long> located = new HashMap<>();
    private final Set<TopicPartition> locating = new HashSet<>();
    private boolean changed;
    private boolean closed;
    private @Nullable Consumer<byte[], byte[]> polling;

    RecordFeed(
            Supplier<Consumer<byte[], byte[]>> consumers,
            Admin admin,
            Targets targets,
            Outbox outbox,
            Scheduler scheduler,
            int maxRecordBytes) {
        this.consumers = consumers;
        this.admin = admin;
        this.targets = targets;
        this.outbox = outbox;
        this.scheduler = scheduler;
        mostUnfinishedBytes = LARGEST_RECORDS * maxRecordBytes;
        thread = new Thread(this::run, "distsync-kafka-feed");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Whether records of the topic are being read. */
    boolean brings(String topic) {
        TopicPartition place = places.get(topic);
        return place != null && read.contains(place) && targets.of(topic).partitions() > 0;
    }

    /** Why something cannot be read though there is a broker, or {@code null}. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Records that were not ours, or damaged. */
    long malformed() {
        return malformed;
    }

    /** Commits handed to followers. */
    long delivered() {
        return delivered;
    }

    synchronized void follow(String topic) {
        followed.put(topic, new CommitAssembler(mostUnfinishedBytes));
        place(topic);
    }

    synchronized void unfollow(String topic) {
        followed.remove(topic);
        TopicPartition place = places.remove(topic);
        if (place != null && !places.containsValue(place)) {
            located.remove(place);
            change();
        }
    }

    /** A Kafka topic can be used, or has got other partitions. */
    synchronized void ready(Target target) {
        for (String topic : followed.keySet()) {
            if (targets.of(topic) == target) {
                place(topic);
            }
        }
    }

    private void place(String topic) {
        Target target = targets.of(topic);
        int partitions = target.partitions();
        if (partitions > 0) {
            TopicPartition place =
                    new TopicPartition(target.name(), RecordFormat.partition(RecordFormat.key(topic), partitions));
            TopicPartition before = places.put(topic, place);
            if (before != null && !places.containsValue(before)) {
                located.remove(before);
                change();
            }
            locate(place);
        }
    }

    /** Finds the end of a partition: what comes behind it, is read. */
    private synchronized void locate(TopicPartition place) {
        if (closed || located.containsKey(place) || !places.containsValue(place) || !locating.add(place)) {
            return;
        }
        admin.listOffsets(Map.of(place, OffsetSpec.latest()))
                .partitionResult(place)
                .toCompletionStage()
                .whenComplete((end, failure) -> {
                    if (failure == null) {
                        located(place, end.offset());
                    } else {
                        log.debug("the end of {} could not be found", place, failure);
                        scheduler.schedule(() -> locateAgain(place), PAUSE);
                    }
                });
    }

    private synchronized void locateAgain(TopicPartition place) {
        locating.remove(place);
        locate(place);
    }

    private synchronized void located(TopicPartition place, long end) {
        locating.remove(place);
        if (places.containsValue(place)) {
            located.put(place, end);
            change();
        }
    }

    private void change() {
        changed = true;
        notifyAll();
        Consumer<byte[], byte[]> now = polling;
        if (now != null) {
            now.wakeup();
        }
    }

    /** Ends the thread and waits for it, but not from a listener. */
    void close() {
        synchronized (this) {
            closed = true;
            change();
        }
        if (Thread.currentThread() != thread) {
            try {
                thread.join(END.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // --- the thread -------------------------------------------------------------------------------------------------

    private void run() {
        while (awaitWork()) {
            Consumer<byte[], byte[]> consumer = null;
            try {
                consumer = consumers.get();
                begin(consumer);
                while (assign(consumer)) {
                    poll(consumer);
                }
            } catch (Throwable e) {
                LogEvent.BROADCAST_READ_FAILED.on(log).log("reading from Kafka failed, trying again: {}", e.toString());
                log.debug("reading from Kafka failed", e);
            } finally {
                end();
                closeQuietly(consumer);
            }
        }
    }

    private static void closeQuietly(@Nullable Consumer<byte[], byte[]> consumer) {
        try {
            if (consumer != null) {
                consumer.close(CloseOptions.timeout(LAST_WORDS));
            }
        } catch (KafkaException e) {
            log.debug("closing a consumer failed", e);
        }
    }

    /** Waits until there is something to read; false if there never is going to be. */
    private synchronized boolean awaitWork() {
        while (!closed && located.isEmpty()) {
            try {
                wait();
            } catch (InterruptedException e) {
                log.debug("nobody has to interrupt this thread", e);
            }
        }
        boolean unused = Thread.interrupted(); // some listener was, or the poll would be
        return !closed;
    }

    private synchronized void begin(Consumer<byte[], byte[]> consumer) {
        polling = consumer;
        changed = true;
    }

    /** What was read up to now is not known any more: each partition is read from its end again, after a pause. */
    private synchronized void end() {
        polling = null;
        if (!closed && !located.isEmpty()) {
            lost(Set.copyOf(located.keySet()), PAUSE);
        }
        read = Set.of();
    }

    private synchronized void lost(Collection<TopicPartition> partitions, Duration pause) {
        Set<TopicPartition> left = new HashSet<>(read);
        left.removeAll(partitions);
        read = Set.copyOf(left);
        for (TopicPartition partition : partitions) {
            if (located.remove(partition) != null && locating.add(partition)) {
                scheduler.schedule(() -> locateAgain(partition), pause);
            }
        }
        changed = true;
    }

    /** Has the consumer read what is to be read; false if that is nothing. */
    private synchronized boolean assign(Consumer<byte[], byte[]> consumer) {
        if (closed || located.isEmpty()) {
            return false;
        }
        if (changed) {
            changed = false;
            Set<TopicPartition> before = read;
            consumer.assign(located.keySet());
            located.forEach((partition, end) -> {
                if (!before.contains(partition)) {
                    consumer.seek(partition, end);
                }
            });
            read = Set.copyOf(located.keySet());
        }
        return true;
    }

    private void poll(Consumer<byte[], byte[]> consumer) {
        try {
            deliver(consumer.poll(POLL));
            problem = null;
        } catch (WakeupException e) {
            log.trace("woken up", e);
        } catch (InvalidOffsetException e) {
            LogEvent.BROADCAST_READ_MOVED
                    .on(log)
                    .log("{} begin and end elsewhere now, they are read from their end on", e.partitions());
            lost(e.partitions(), PAUSE);
        } catch (TopicAuthorizationException e) {
            problem = "Kafka topics " + e.unauthorizedTopics() + " may not be read";
            LogEvent.BROADCAST_READ_FORBIDDEN.on(log).log("{}; their changes are read from Redis", problem);
            lost(
                    read.stream()
                            .filter(partition -> e.unauthorizedTopics().contains(partition.topic()))
                            .toList(),
                    FORBIDDEN);
        }
    }

    private void deliver(ConsumerRecords<byte[], byte[]> records) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            byte[] key = record.key();
            if (key != null) {
                String topic = new String(key, StandardCharsets.US_ASCII);
                CommitAssembler assembler = followed.get(topic);
                if (assembler != null) {
                    deliver(topic, assembler, record);
                }
            }
        }
    }

    private void deliver(String topic, CommitAssembler assembler, ConsumerRecord<byte[], byte[]> record) {
        try {
            List<Change> commit = assembler.add(RecordFormat.change(record));
            if (commit != null) {
                count();
                outbox.deliver(topic, commit);
            }
        } catch (MalformedDataException e) {
            warn(record, e);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
    private void count() {
        delivered++;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
    private void warn(ConsumerRecord<byte[], byte[]> record, MalformedDataException reason) {
        malformed++;
        if (LogEvent.isMilestone(malformed)) {
            LogEvent.BROADCAST_RECORD_FOREIGN
                    .on(log)
                    .log(
                            "{} records on Kafka topics of ours are not ours; the last one, at {}-{}@{}: {}",
                            malformed,
                            record.topic(),
                            record.partition(),
                            record.offset(),
                            reason.getMessage());
        }
    }

    /** For tests: what is read now. */
    List<TopicPartition> partitions() {
        return new ArrayList<>(read);
    }
}
