package io.distsync.boot.autoconfigure;

import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.time.TimeSource;
import java.time.Duration;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Ends the start of an application whose Kafka topics would lose changes. Brokers are asked while the other beans are made,
 * and get a limited time in all; if none answers in it, the application starts, and health tells what is found later.
 */
final class KafkaTopicsCheck implements SmartInitializingSingleton {

    private final KafkaSyncBackend backend;
    private final TimeSource time;
    private final long deadline;

    /** @param patience with the brokers, from now on */
    KafkaTopicsCheck(KafkaSyncBackend backend, Duration patience, TimeSource time) {
        this.backend = backend;
        this.time = time;
        this.deadline = time.nanos() + patience.toNanos();
    }

    @Override
    public void afterSingletonsInstantiated() {
        try {
            String reason = backend.awaitTopics(Duration.ofNanos(Math.max(0, deadline - time.nanos())));
            if (reason != null) {
                throw new KafkaTopicRefusedException(reason);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whoever interrupts a start knows what comes next
        }
    }
}
