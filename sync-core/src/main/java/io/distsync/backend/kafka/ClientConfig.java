package io.distsync.backend.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The clients of one backend: the application's settings, apart from those that what is promised stands on. Each client has
 * an id of its own, because Kafka names its threads and MBeans by it.
 */
final class ClientConfig {

    private static final int BATCH_BYTES = 64 * 1_024;

    private static final String DEFAULT_ID = "distsync";

    /** Long enough for topics that are seldom written; Kafka forgets the others after five minutes. */
    private static final Duration METADATA_IDLE = Duration.ofDays(30);

    private final Map<String, Object> admin;
    private final Map<String, Object> producer;
    private final Map<String, Object> consumer;
    private final int maxPayloadBytes;
    private final String id =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());

    ClientConfig(
            Map<String, Object> admin,
            Map<String, Object> producer,
            Map<String, Object> consumer,
            int maxPayloadBytes) {
        this.admin = Map.copyOf(admin);
        this.producer = Map.copyOf(producer);
        this.consumer = Map.copyOf(consumer);
        this.maxPayloadBytes = maxPayloadBytes;
    }

    /** For messages. */
    String bootstrapServers() {
        return String.valueOf(admin.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    }

    Admin admin() {
        return Admin.create(named(admin, "admin"));
    }

    Producer<byte[], byte[]> producer() {
        return new KafkaProducer<>(producerConfig(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    Consumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(consumerConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** The size a record may have. */
    int maxRecordBytes() {
        return maxPayloadBytes + RecordFormat.OVERHEAD;
    }

    Map<String, Object> producerConfig() {
        Map<String, Object> config = named(producer, "producer");
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        config.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE); // within delivery.timeout.ms
        config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 5); // with more, the order is lost
        // Sends come from threads of the Redis driver: what cannot be taken at once stays in the outbox.
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
        config.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, METADATA_IDLE.toMillis());
        config.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
        config.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES); // a commit of 256 small changes
        config.merge(
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                maxRecordBytes(),
                (given, needed) -> Math.max(Integer.parseInt(given.toString()), (Integer) needed));
        config.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        return config;
    }

    Map<String, Object> consumerConfig() {
        Map<String, Object> config = named(consumer, "consumer");
        config.remove(ConsumerConfig.GROUP_ID_CONFIG);
        config.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // Of a record in somebody's open transaction nothing is waited for: ours are in none.
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
        return config;
    }

    /** What the ids of these clients have in common. */
    String id() {
        return id;
    }

    private Map<String, Object> named(Map<String, Object> config, String role) {
        Map<String, Object> named = new HashMap<>(config);
        named.merge(CommonClientConfigs.CLIENT_ID_CONFIG, DEFAULT_ID, (given, ours) -> given);
        named.compute(CommonClientConfigs.CLIENT_ID_CONFIG, (key, given) -> given + "-" + id + "-" + role);
        return named;
    }

    /** Whether no name of a broker could be resolved, which may be different in a moment. */
    static boolean isUnresolved(KafkaException failure) {
        return failure.getCause() instanceof ConfigException cause
                && String.valueOf(cause.getMessage()).contains("No resolvable bootstrap");
    }
}
