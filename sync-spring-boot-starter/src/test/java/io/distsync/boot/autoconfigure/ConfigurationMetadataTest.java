package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What editors show for the properties, against the list in the guide. */
class ConfigurationMetadataTest {

    /** Name, and default as it is shown. */
    private static final Map<String, String> PROPERTIES = new TreeMap<>(Map.ofEntries(
            Map.entry("sync.enabled", "true"),
            Map.entry("sync.mode", "local"),
            Map.entry("sync.prefix", ""),
            Map.entry("sync.timeout", "5s"),
            Map.entry("sync.heartbeat", "1s"),
            Map.entry("sync.retention", "1000"),
            Map.entry("sync.max-payload-size", "1MB"),
            Map.entry("sync.max-conflicts", "1000"),
            Map.entry("sync.shutdown-grace", "10s"),
            Map.entry("sync.lease.sweep", "500ms"),
            Map.entry("sync.lock.lease", "30s"),
            Map.entry("sync.semaphore.lease", "30s"),
            Map.entry("sync.counter.lease", "15s"),
            Map.entry("sync.election.lease", "15s"),
            Map.entry("sync.registry.lease", "15s"),
            Map.entry("sync.registry.register", "false"),
            Map.entry("sync.registry.service", "none"),
            Map.entry("sync.registry.id", "none"),
            Map.entry("sync.registry.host", "none"),
            Map.entry("sync.registry.port", "none"),
            Map.entry("sync.registry.secure", "false"),
            Map.entry("sync.registry.weight", "1"),
            Map.entry("sync.registry.pool", ""),
            Map.entry("sync.registry.zone", ""),
            Map.entry("sync.registry.metadata", "none"),
            Map.entry("sync.registry.health-check.path", "none"),
            Map.entry("sync.registry.health-check.interval", "10s"),
            Map.entry("sync.registry.discovery.enabled", "true"),
            Map.entry("sync.registry.loadbalancer.enabled", "true"),
            Map.entry("sync.lock.shedlock.enabled", "true"),
            Map.entry("sync.lock.integration.enabled", "true"),
            Map.entry("sync.listener.buffer", "1024"),
            Map.entry("sync.health.down-after", "10s"),
            Map.entry("sync.metrics.max-topics", "100"),
            Map.entry("sync.observation.enabled", "none"),
            Map.entry("sync.redis.replicas", "0"),
            Map.entry("sync.redis.replica-timeout", "500ms"),
            Map.entry("sync.kafka.create-topics", "true"),
            Map.entry("sync.kafka.partitions", "6"),
            Map.entry("sync.kafka.replication-factor", "0"),
            Map.entry("sync.kafka.retention", "none"),
            Map.entry("sync.kafka.topics", "none"),
            Map.entry("sync.kafka.broker-wait", "0s"),
            Map.entry("sync.kafka.start-timeout", "5s"),
            Map.entry("sync.circuit-breaker.enabled", "true"),
            Map.entry("sync.circuit-breaker.open-after", "none"),
            Map.entry("management.health.sync.enabled", "true"),
            Map.entry("management.endpoint.sync.access", "unrestricted"),
            Map.entry("management.endpoint.sync.cache.time-to-live", "0ms"),
            Map.entry("management.endpoint.sync.roles", "none"),
            Map.entry("management.endpoint.sync.show-values", "never")));

    private final JsonNode metadata = read();

    @Test
    void everyPropertyIsListedWithItsDefault() {
        Map<String, String> defaults = new TreeMap<>();
        for (JsonNode property : metadata.get("properties")) {
            JsonNode value = property.path("defaultValue");
            defaults.put(
                    property.get("name").asString(),
                    value.isMissingNode() ? "none" : value.isArray() ? value.toString() : value.asString());
        }
        assertThat(defaults).isEqualTo(PROPERTIES);
    }

    @Test
    void everyPropertyHasATypeAndADescription() {
        for (JsonNode property : metadata.get("properties")) {
            String name = property.get("name").asString();
            assertThat(property.path("type").asString("")).as("type of " + name).isNotEmpty();
            assertThat(property.path("description").asString(""))
                    .as("description of " + name)
                    .endsWith(".")
                    .matches("(?s)[A-Z].*");
        }
    }

    @Test
    void everyValueOfAnEnumHasAHint() {
        assertThat(hints("sync.mode")).containsOnlyKeys("local", "redis", "kafka");
        assertThat(hints("management.endpoint.sync.show-values"))
                .containsOnlyKeys("never", "when-authorized", "always");
        assertThat(SyncMode.values()).hasSize(3);
    }

    private Map<String, String> hints(String property) {
        Map<String, String> found = new TreeMap<>();
        for (JsonNode hint : metadata.get("hints")) {
            if (hint.get("name").asString().equals(property)) {
                hint.get("values")
                        .forEach(value -> found.put(
                                value.get("value").asString(),
                                value.get("description").asString()));
            }
        }
        return found;
    }

    private static JsonNode read() {
        try (InputStream in =
                SyncProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
