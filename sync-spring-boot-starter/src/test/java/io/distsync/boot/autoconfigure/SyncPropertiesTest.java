package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.unit.DataSize;

class SyncPropertiesTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class));

    @Test
    void defaultsAreThoseOfTheGuide() {
        runner.run(context -> assertThat(context.getBean(SyncProperties.class))
                .isEqualTo(new SyncProperties(
                        true,
                        SyncMode.LOCAL,
                        "",
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(1),
                        1_000,
                        DataSize.ofMegabytes(1),
                        1_000,
                        Duration.ofSeconds(10),
                        new SyncProperties.Lease(Duration.ofMillis(500)),
                        new SyncProperties.Lock(Duration.ofSeconds(30)),
                        new SyncProperties.Semaphore(Duration.ofSeconds(30)),
                        new SyncProperties.Counter(Duration.ofSeconds(15)),
                        new SyncProperties.Election(Duration.ofSeconds(15)),
                        new SyncProperties.Registry(Duration.ofSeconds(15)),
                        new SyncProperties.Listener(1_024),
                        new SyncProperties.Health(Duration.ofSeconds(10)),
                        new SyncProperties.Metrics(100),
                        new SyncProperties.Observation(null),
                        new SyncProperties.Redis(0, Duration.ofMillis(500)),
                        new SyncProperties.Kafka(true, 6, 0, null, Set.of(), Duration.ZERO, Duration.ofSeconds(5)),
                        new SyncProperties.CircuitBreaker(true, null))));
    }

    @ParameterizedTest
    @CsvSource({
        "sync.timeout=0s, sync.timeout must be from 1ms to 1d",
        "sync.timeout=25h, but is '25h'",
        "sync.heartbeat=9ms, sync.heartbeat must be from 10ms to 1m",
        "sync.heartbeat=61s, but is '61s'",
        "sync.redis.replicas=-1, sync.redis.replicas must be from 0 to 100",
        "sync.redis.replica-timeout=0s, sync.redis.replica-timeout must be from 1ms to 1m",
        "sync.kafka.partitions=0, sync.kafka.partitions must be from 1 to 10000",
        "sync.kafka.partitions=10001, but is '10001'",
        "sync.kafka.replication-factor=-1, sync.kafka.replication-factor must be from 0 to 32767",
        "sync.kafka.replication-factor=32768, but is '32768'",
        "sync.kafka.retention=0s, sync.kafka.retention must be from 1ms to 36500d",
        "sync.kafka.topics=a topic, sync.kafka.topics must have names of topics only",
        "sync.kafka.broker-wait=-1ms, sync.kafka.broker-wait must be from 0s to 5m",
        "sync.kafka.broker-wait=301s, but is '301s'",
        "sync.kafka.broker-wait=5s, 'sync.kafka.broker-wait must be less than sync.timeout, which is 5s'",
        "sync.kafka.start-timeout=-1ms, sync.kafka.start-timeout must be from 0s to 5m",
        "sync.kafka.start-timeout=6m, but is '6m'",
        "sync.retention=255, sync.retention must be at least 256",
        "sync.max-payload-size=1B, sync.max-payload-size must be from 1KB to 512MB",
        "sync.max-payload-size=513MB, but is '537919488B'",
        "sync.max-conflicts=0, sync.max-conflicts must be at least 1",
        "sync.shutdown-grace=-1s, sync.shutdown-grace must be from 0s to 1h",
        "sync.lease.sweep=0ms, sync.lease.sweep must be from 1ms to 1h",
        "sync.lock.lease=99ms, sync.lock.lease must be from 100ms to 365d",
        "sync.semaphore.lease=99ms, sync.semaphore.lease must be from 100ms to 365d",
        "sync.counter.lease=99ms, sync.counter.lease must be from 100ms to 365d",
        "sync.election.lease=366d, sync.election.lease must be from 100ms to 365d",
        "sync.registry.lease=99ms, sync.registry.lease must be from 100ms to 365d",
        "sync.listener.buffer=255, sync.listener.buffer must be from 256 to 1048576",
        "sync.health.down-after=-1ms, sync.health.down-after must be from 0s to 1d",
        "sync.metrics.max-topics=-1, sync.metrics.max-topics must be from 0 to 10000",
        "sync.circuit-breaker.open-after=-1ms, sync.circuit-breaker.open-after must be from 0s to 1d",
        "sync.circuit-breaker.open-after=25h, but is '25h'",
        "sync.prefix=a b, sync.prefix may have the characters A-Z a-z 0-9 . _ - : / only",
    })
    void valueOutOfRangeEndsTheStart(String property, String message) {
        runner.withPropertyValues(property)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncPropertyException.class)
                        .hasMessageContaining(message));
    }

    @ParameterizedTest
    @CsvSource({
        "sync.timeout=1ms",
        "sync.timeout=1d",
        "sync.heartbeat=1m",
        "sync.retention=256",
        "sync.max-payload-size=512MB",
        "sync.shutdown-grace=0s",
        "sync.shutdown-grace=1h",
        "sync.lease.sweep=1h",
        "sync.lock.lease=365d",
        "sync.listener.buffer=256",
        "sync.listener.buffer=1048576",
        "sync.prefix=shop:",
        "sync.metrics.max-topics=0",
        "sync.kafka.partitions=10000",
        "sync.kafka.replication-factor=32767",
        "sync.kafka.retention=1ms",
        "sync.kafka.retention=36500d",
        "sync.kafka.topics[0]=room:lobby",
        "sync.kafka.broker-wait=4999ms",
        "sync.kafka.start-timeout=0s",
        "sync.kafka.start-timeout=5m",
        "sync.circuit-breaker.open-after=0s",
        "sync.circuit-breaker.open-after=1d",
    })
    void bordersAreAllowed(String property) {
        runner.withPropertyValues(property).run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void longPrefixIsRefused() {
        runner.withPropertyValues("sync.prefix=" + "p".repeat(101))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sync.prefix must have at most 100 characters"));
    }
}
