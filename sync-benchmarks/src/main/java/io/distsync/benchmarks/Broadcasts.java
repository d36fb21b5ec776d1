package io.distsync.benchmarks;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The states that came to a Kafka topic since this was made, as any reader finds them there. One call at a time. It is
 * another process that reads them: what that allocates is not the contender's.
 */
final class Broadcasts implements AutoCloseable {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final String broker;
    private final TopicPartition place;
    private final Consumer<String, String> consumer;
    private final long begin;

    /** @param topic exists, and has one partition */
    Broadcasts(String broker, String topic) {
        this.broker = broker;
        place = new TopicPartition(topic, 0);
        consumer = consumer(broker, place);
        begin = end(consumer, place);
    }

    private static Consumer<String, String> consumer(String broker, TopicPartition place) {
        Consumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker, "enable.auto.commit", false),
                new StringDeserializer(),
                new StringDeserializer());
        consumer.assign(List.of(place));
        return consumer;
    }

    private static long end(Consumer<?, ?> consumer, TopicPartition place) {
        return Objects.requireNonNull(consumer.endOffsets(List.of(place)).get(place));
    }

    /** Returns when there are so many. */
    void await(long states) {
        Checks.eventually(states + " states are broadcast", () -> end(consumer, place) - begin >= states);
    }

    /** Ends the run with an error unless there are the states that so many updates make. More than once is no error. */
    void check(long states) {
        Peer.start(Broadcasts.class, broker, place.topic(), Long.toString(begin), Long.toString(states))
                .close();
    }

    /** Arguments: broker, topic, where to begin, how many states there are. */
    public static void main(String[] arguments) {
        TopicPartition place = new TopicPartition(arguments[1], 0);
        long states = Long.parseLong(arguments[3]);
        BitSet counters = new BitSet();
        try (Consumer<String, String> consumer = consumer(arguments[0], place)) {
            consumer.seek(place, Long.parseLong(arguments[2]));
            for (long end = end(consumer, place); consumer.position(place) < end; ) {
                for (ConsumerRecord<String, String> each : consumer.poll(POLL)) {
                    counters.set(Math.toIntExact(SharedState.counter(each.value())));
                }
            }
        }
        Checks.same("first counter that is not broadcast", counters.nextClearBit(1), states + 1);
        Checks.same("counters that are broadcast", counters.cardinality(), states);
        System.out.println(Peer.DONE);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
