package io.distsync.backend.faults;

import io.distsync.backend.Change;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Somebody who reads the Kafka topics from their beginning and knows of them what the documentation says: a record is told
 * from another by topic and version, and both are text.
 */
final class OutsideReader {

    private static final Duration POLL = Duration.ofSeconds(1);

    /** What is in Kafka, by topic and version; of a record that came several times, how often it came with other contents. */
    record Found(Map<String, Map<String, String>> records, int repeated, int contradictions) {

        String of(String topic, Change change) {
            return records.getOrDefault(topic, Map.of()).getOrDefault(version(change.version()), "missing");
        }
    }

    private OutsideReader() {}

    /** Reads everything there is now. */
    static Found readAll(String bootstrapServers, List<String> kafkaTopics) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers);
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = kafkaTopics.stream()
                    .flatMap(topic -> consumer.partitionsFor(topic).stream())
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<String, Map<String, String>> records = new HashMap<>();
            int repeated = 0;
            int contradictions = 0;
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    String topic = new String(record.key(), StandardCharsets.UTF_8);
                    String before = records.computeIfAbsent(topic, absent -> new HashMap<>())
                            .put(header(record, "sync-version"), content(record));
                    repeated += before == null ? 0 : 1;
                    contradictions += before == null || before.equals(content(record)) ? 0 : 1;
                }
            }
            return new Found(records, repeated, contradictions);
        }
    }

    /** What a change looks like to a reader. */
    static String content(Change change) {
        Payload payload = change.payload();
        return String.join(
                "|",
                change.key(),
                "%016x".formatted(change.previousLink()),
                version(change.previous()),
                change.cause().name(),
                change.request().toString(),
                change.index() + "/" + change.count(),
                payload == null ? "nothing" : new String(payload.bytes(), StandardCharsets.UTF_8));
    }

    private static String content(ConsumerRecord<byte[], byte[]> record) {
        return String.join(
                "|",
                header(record, "sync-key"),
                header(record, "sync-previous-link"),
                header(record, "sync-previous"),
                header(record, "sync-cause"),
                header(record, "sync-request"),
                header(record, "sync-place"),
                record.value() == null ? "nothing" : new String(record.value(), StandardCharsets.UTF_8));
    }

    private static String version(Version version) {
        return "%d-%d-%016x".formatted(version.epoch(), version.revision(), version.link());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "no " + name : new String(header.value(), StandardCharsets.UTF_8);
    }
}
