package io.distsync.backend.kafka;

import io.distsync.backend.Change;
import io.distsync.backend.redis.Outbox;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends commits to Kafka, each change as a record. A commit that is there goes out of the outbox; one that is not, for whatever
 * reason, stays in it and comes again. Nothing is repeated here, apart from what the producer does by itself.
 */
final class Publisher {

    /*
     * Threads. Commits come from threads of the Redis driver, those of one topic in their order unless they are late;
     * the producer takes records of one caller in the order they come. Results come on the producer's thread, or at once
     * on the caller's if a record was not taken.
     */

    private static final Logger log = LoggerFactory.getLogger(Publisher.class);

    private static final Duration LOOK_UP = Duration.ofMillis(10);
    private static final Duration MEMORY = Duration.ofSeconds(30);
    private static final Duration LONGEST_LOOK_UP = Duration.ofSeconds(1);

    /** One in so many questions is answered with yes though sending fails, to see whether it still does. */
    private static final int PROBE = 8;

    private final Producer<byte[], byte[]> producer;
    private final Targets targets;
    private final Outbox outbox;
    private final Scheduler scheduler;
    private final Map<String, CompletableFuture<Void>> lookUps = new ConcurrentHashMap<>();
    private final Map<Id, Sending> underWay = new ConcurrentHashMap<>();
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicBoolean forgetting = new AtomicBoolean();
    private volatile @Nullable String problem;
    private volatile boolean closed;

    private record Id(String topic, Version last) {}

    Publisher(Producer<byte[], byte[]> producer, Targets targets, Outbox outbox, Scheduler scheduler) {
        this.producer = producer;
        this.targets = targets;
        this.outbox = outbox;
        this.scheduler = scheduler;
    }

    /** A commit whose records are with the producer. */
    private final class Sending implements Callback {

        private final Id id;
        private final AtomicInteger missing;
        private final CompletableFuture<Boolean> done = new CompletableFuture<>();
        private volatile @Nullable Throwable failure;
        private volatile boolean handedOver;

        Sending(Id id, int records) {
            this.id = id;
            missing = new AtomicInteger(records);
        }

        @Override
        public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
            if (exception != null) {
                failure = exception;
            }
            completed(1);
        }

        private void completed(int records) {
            if (missing.addAndGet(-records) > 0) {
                return;
            }
            underWay.remove(id);
            Throwable cause = failure;
            if (cause == null) {
                problem = null;
                outbox.confirm(id.topic(), id.last());
            } else {
                failed(this, cause);
            }
            done.complete(cause == null);
        }
    }

    /**
     * Lets the producer learn of a topic, which it does in the background; nothing is sent before it has.
     *
     * @return completes when it has, and never fails
     */
    CompletableFuture<Void> prepare(String kafkaTopic) {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> present = lookUps.putIfAbsent(kafkaTopic, begun);
        if (present != null) {
            return present;
        }
        lookUp(kafkaTopic, begun, LOOK_UP);
        return begun;
    }

    private void lookUp(String kafkaTopic, CompletableFuture<Void> found, Duration pause) {
        if (closed) {
            return;
        }
        try {
            var unused = producer.partitionsFor(kafkaTopic);
            found.complete(null);
        } catch (KafkaException e) {
            log.trace("Kafka topic {} is being looked up", kafkaTopic, e);
            Duration next = pause.compareTo(LONGEST_LOOK_UP) < 0 ? pause.multipliedBy(2) : pause;
            scheduler.schedule(() -> lookUp(kafkaTopic, found, next), pause);
        }
    }

    private boolean isPrepared(String kafkaTopic) {
        CompletableFuture<Void> lookUp = lookUps.get(kafkaTopic);
        return lookUp != null && lookUp.isDone();
    }

    /** Whether commits of others can be taken: not while sending fails, apart from a try now and then. */
    boolean isAble() {
        List<String> usable = targets.usable();
        return !usable.isEmpty()
                && usable.stream().allMatch(this::isPrepared)
                && (problem == null || questions.incrementAndGet() % PROBE == 0);
    }

    /**
     * Sends a commit, unless it is being sent.
     *
     * @return completes with whether the brokers have it; never fails
     */
    CompletableFuture<Boolean> send(String topic, List<Change> commit) {
        Targets.Target target = targets.of(topic);
        int partitions = target.partitions();
        if (closed || partitions == 0 || !isPrepared(target.name())) {
            return CompletableFuture.completedFuture(false);
        }
        Id id = new Id(topic, commit.get(commit.size() - 1).version());
        Sending sending = new Sending(id, commit.size());
        Sending present = underWay.putIfAbsent(id, sending);
        if (present != null) {
            return present.done;
        }
        byte[] key = RecordFormat.key(topic);
        int partition = RecordFormat.partition(key, partitions);
        int taken = 0;
        try {
            while (taken < commit.size() && sending.failure == null) {
                var unused =
                        producer.send(RecordFormat.record(target.name(), partition, key, commit.get(taken)), sending);
                taken++;
            }
        } catch (Throwable e) { // a library for compression that cannot be loaded, for example
            sending.failure = e;
        }
        sending.handedOver = sending.failure == null;
        if (taken < commit.size()) {
            sending.completed(commit.size() - taken);
        }
        return sending.done;
    }

    /** Commits that are with the producer. */
    int underWay() {
        return underWay.size();
    }

    /** Why sending fails though there is a broker, or {@code null}. */
    @Nullable
    String problem() {
        return problem;
    }

    private void failed(Sending sending, Throwable failure) {
        Id id = sending.id;
        boolean isTimeout = failure instanceof TimeoutException;
        if (isTimeout && !sending.handedOver && !(failure instanceof BufferExhaustedException)) {
            lookUpAgain(targets.of(id.topic()).name());
        } else if (!closed && !(isTimeout && !targets.isReachable())) {
            long count = failures.incrementAndGet();
            if (problem == null) {
                LogEvent.BROADCAST_FAILED
                        .on(log)
                        .setCause(failure)
                        .log("topic '{}': {} was not broadcast and is going to be tried again", id.topic(), id.last());
            }
            problem = "broadcasting fails: " + failure;
            forgetLater(count);
            return;
        }
        log.debug("topic '{}': {} was not broadcast in time", id.topic(), id.last(), failure);
    }

    /** The producer knows the topic no more: it forgets what it knew when no broker is left that it could ask. */
    private void lookUpAgain(String kafkaTopic) {
        CompletableFuture<Void> known = lookUps.get(kafkaTopic);
        if (known != null && known.isDone() && lookUps.remove(kafkaTopic, known)) {
            var unused = prepare(kafkaTopic);
        }
    }

    /** A problem that has not shown for a while may be over; whoever sends next will see. */
    private void forgetLater(long known) {
        if (forgetting.compareAndSet(false, true)) {
            scheduler.schedule(() -> forgetUnlessMoreThan(known), MEMORY);
        }
    }

    private void forgetUnlessMoreThan(long known) {
        forgetting.set(false);
        long now = failures.get();
        if (now == known) {
            problem = null;
        } else if (problem != null) {
            forgetLater(now);
        }
    }

    /** Gives what is under way so long to arrive. */
    void close(Duration patience) {
        closed = true;
        producer.close(patience);
    }
}
