package io.distsync.benchmarks;

import java.util.function.LongConsumer;

/**
 * What one would write by hand with Redis and Kafka: the value in Redis, replaced by a script if it is the expected one, and
 * a topic of all it ever was. The states of several threads may come to the topic in another order.
 */
final class HandBroadcast implements SharedState {

    private final HandWritten value;
    private final StateTopic topic;
    private final Sending sending;

    HandBroadcast(Servers servers, HandWritten.Beginning beginning, Sending sending) {
        this.value = HandWritten.withoutStream(beginning, servers.redis());
        this.topic = new StateTopic(servers.broker());
        this.sending = sending;
    }

    @Override
    public void increment() {
        sending.send(topic, value.incremented());
    }

    @Override
    public void annotate(String note) {
        sending.send(topic, value.updated(state -> state.incremented(note)));
    }

    @Override
    public void settle(long updates) {
        topic.broadcasts().await(updates);
    }

    @Override
    public void check(long updates) {
        Checks.same("counter", value.counter(), updates);
        topic.broadcasts().check(updates);
    }

    @Override
    public void listen(LongConsumer listener) {
        topic.listen(listener);
    }

    @Override
    public void close() {
        topic.close();
        value.close();
    }
}
