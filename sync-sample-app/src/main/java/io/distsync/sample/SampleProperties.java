package io.distsync.sample;

import java.time.Duration;
import java.util.UUID;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the sample.
 *
 * @param node name of this node on the page and in the answers; made up at random if empty; each node needs its own
 * @param host where browsers reach this node
 * @param maxStreams event streams served at once; one more is refused
 * @param heartbeat longest silence on an event stream before a comment is sent
 */
@ConfigurationProperties("sample")
record SampleProperties(
        @DefaultValue("") String node,
        @DefaultValue("localhost") String host,
        @DefaultValue("100") int maxStreams,
        @DefaultValue("15s") Duration heartbeat) {

    SampleProperties {
        if (node.isBlank()) {
            node = "node-" + UUID.randomUUID().toString().substring(0, 4);
        }
        if (maxStreams < 1 || maxStreams > 10_000) {
            throw new IllegalArgumentException("sample.max-streams must be from 1 to 10000, but is " + maxStreams);
        }
        if (heartbeat.compareTo(Duration.ofMillis(50)) < 0 || heartbeat.compareTo(Duration.ofMinutes(5)) > 0) {
            throw new IllegalArgumentException("sample.heartbeat must be from 50ms to 5m, but is " + heartbeat);
        }
    }
}
