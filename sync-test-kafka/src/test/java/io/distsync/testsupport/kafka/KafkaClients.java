package io.distsync.testsupport.kafka;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What the tests ask of a broker, by Kafka's own clients. */
final class KafkaClients {

    private static final Duration WITHIN = Duration.ofSeconds(30);

    private final KafkaBroker broker;

    KafkaClients(KafkaBroker broker) {
        this.broker = broker;
    }

    void createTopic(String name) {
        try (Admin admin = admin()) {
            get(admin.createTopics(List.of(new NewTopic(name, Optional.of(1), Optional.empty())))
                    .all());
        }
    }

    /** Where the broker says its data is. */
    Path data() {
        try (Admin admin = admin()) {
            return Path.of(get(admin.describeLogDirs(List.of(broker.port())).allDescriptions())
                    .values()
                    .iterator()
                    .next()
                    .keySet()
                    .iterator()
                    .next());
        }
    }

    String setting(String key) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker.port()));
        try (Admin admin = admin()) {
            return get(admin.describeConfigs(List.of(resource)).all())
                    .values()
                    .iterator()
                    .next()
                    .get(key)
                    .value();
        }
    }

    void send(String topic, String value) throws ExecutionException, InterruptedException {
        try (Producer<String, String> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, value)).get();
        }
    }

    void sendInTransaction(String topic, String value) throws ExecutionException, InterruptedException {
        try (Producer<String, String> producer = producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "tx"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, value)).get();
            producer.commitTransaction();
        }
    }

    Producer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    /** Reads as a member of a group until that value comes; gives all up to it. */
    List<String> readUpTo(String topic, String last) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers(),
                ConsumerConfig.GROUP_ID_CONFIG, "group",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        List<String> values = new ArrayList<>();
        long end = System.nanoTime() + WITHIN.toNanos();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (!values.contains(last)) {
                if (System.nanoTime() - end > 0) {
                    throw new AssertionError("'" + last + "' did not come, but " + values);
                }
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    values.add(record.value());
                }
            }
        }
        return values;
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    private static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
