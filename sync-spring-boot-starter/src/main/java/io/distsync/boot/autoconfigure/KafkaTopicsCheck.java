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
    private final Duration patience;
    private final TimeSource time;
    private final long begin;

    /** @param patience with the brokers, from now on; nothing is asked if there is none */
    KafkaTopicsCheck(KafkaSyncBackend backend, Duration patience, TimeSource time) {
        this.backend = backend;
        this.patience = patience;
        this.time = time;
        this.begin = time.nanos();
    }

    @Override
    public void afterSingletonsInstantiated() {
        if (patience.isZero()) {
            return; // even if the answer is there: starts that differ by chance would be worse than either
        }
        Duration left = patience.minusNanos(time.nanos() - begin);
        try {
            String reason = backend.awaitTopics(left.isNegative() ? Duration.ZERO : left);
            if (reason != null) {
                throw new KafkaTopicRefusedException(reason);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whoever interrupts a start knows what comes next
        }
    }
}
