package io.distsync.backend.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Hands records on in any order, some of them twice, some of them much later, and some never. */
public final class Disorder implements ConsumerInterceptor<byte[], byte[]> {

    /*
     * Threads. Made and called by the one thread that polls.
     */

    private static final int MOST_HELD = 64;

    private final Random random = new Random();
    private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> held = new HashMap<>();

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> handed = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<byte[], byte[]>> late = held.computeIfAbsent(partition, absent -> new ArrayList<>());
            List<ConsumerRecord<byte[], byte[]>> now = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
                int dice = random.nextInt(20);
                if (dice > 0) {
                    now.add(record);
                }
                if (dice > 16 && late.size() < MOST_HELD) {
                    late.add(record);
                }
            }
            while (!late.isEmpty() && random.nextInt(3) > 0) {
                now.add(late.remove(random.nextInt(late.size())));
            }
            Collections.shuffle(now, random);
            handed.put(partition, now);
        }
        return new ConsumerRecords<>(handed, records.nextOffsets());
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

    @Override
    public void configure(Map<String, ?> configs) {}

    @Override
    public void close() {}
}
