package io.distsync.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * One client's view of a Kafka topic with all states in its one partition: a producer that waits for nothing but the
 * brokers, and, if somebody listens, a thread that polls.
 */
final class StateTopic implements AutoCloseable {

    private static final String NAME = "states";
    private static final String KEY = "app_state";
    private static final TopicPartition PLACE = new TopicPartition(NAME, 0);
    private static final Duration POLL = Duration.ofSeconds(1);

    private final String broker;
    private final Producer<String, String> producer;
    private final Broadcasts broadcasts;
    private @Nullable Consumer<String, String> consumer;
    private @Nullable Thread thread;

    StateTopic(String broker) {
        this.broker = broker;
        create(broker);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker, "acks", "all", "enable.idempotence", true, "linger.ms", 0),
                new StringSerializer(),
                new StringSerializer());
        broadcasts = new Broadcasts(broker, NAME);
    }

    private static void create(String broker) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            admin.createTopics(List.of(new NewTopic(NAME, Optional.of(1), Optional.empty())))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Completes when the brokers have the state. */
    Future<RecordMetadata> send(String json) {
        return producer.send(new ProducerRecord<>(NAME, KEY, json));
    }

    /** Returns when the brokers have the state. */
    void sendAndWait(String json) {
        try {
            send(json).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(e);
    }

    /** Tells the counter of each state that comes from now on. Once only. */
    void listen(LongConsumer listener) {
        Consumer<String, String> opened = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker, "enable.auto.commit", false),
                new StringDeserializer(),
                new StringDeserializer());
        opened.assign(List.of(PLACE));
        opened.seekToEnd(List.of(PLACE));
        opened.position(PLACE); // looks for the end now
        Thread started = new Thread(() -> poll(opened, listener), "states");
        consumer = opened;
        thread = started;
        started.start();
    }

    private static void poll(Consumer<String, String> consumer, LongConsumer listener) {
        try (consumer) {
            while (true) {
                for (ConsumerRecord<String, String> each : consumer.poll(POLL)) {
                    listener.accept(SharedState.counter(each.value()));
                }
            }
        } catch (WakeupException e) {
            // closed
        }
    }

    Broadcasts broadcasts() {
        return broadcasts;
    }

    @Override
    public void close() {
        Consumer<String, String> listening = consumer;
        Thread polling = thread;
        if (listening != null && polling != null) {
            listening.wakeup();
            try {
                polling.join();
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
        producer.close();
        broadcasts.close();
    }
}
