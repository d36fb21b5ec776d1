package io.distsync.benchmarks;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** A Kafka topic and nothing else: states are told, but nobody could compare them. The least that a broadcast can take. */
final class BareTopic implements SharedState {

    private final StateTopic topic;
    private final Sending sending;
    private final AtomicLong counter = new AtomicLong();
    private volatile String note = "";

    BareTopic(String broker, Sending sending) {
        this.topic = new StateTopic(broker);
        this.sending = sending;
    }

    @Override
    public void increment() {
        sending.send(topic, JSON.writeValueAsString(new AppState(counter.incrementAndGet(), note)));
    }

    @Override
    public void annotate(String left) {
        note = left;
        increment();
    }

    @Override
    public void settle(long updates) {
        topic.broadcasts().await(updates);
    }

    @Override
    public void check(long updates) {
        topic.broadcasts().check(updates);
    }

    @Override
    public void listen(LongConsumer listener) {
        topic.listen(listener);
    }

    @Override
    public void close() {
        topic.close();
    }
}
