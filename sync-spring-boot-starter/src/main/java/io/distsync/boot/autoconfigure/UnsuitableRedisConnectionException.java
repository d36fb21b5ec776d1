package io.distsync.boot.autoconfigure;

import java.util.List;

/**
 * A mode that keeps the state in Redis was asked for, but what the application has for Redis does not lead to one server for
 * it.
 */
public final class UnsuitableRedisConnectionException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    private static final String OWN_STORE = "RedisSyncBackend.builder(RedisURI.create(\"redis://host\"))";
    private static final String ONE_SERVER =
            "Lead it to a single server (spring.data.redis.host or .url), to sentinels (.sentinel.*) or to a cluster (.cluster.*);"
                    + " or, to keep it for the rest of the application, ";

    private UnsuitableRedisConnectionException(SyncMode mode, String description, String action) {
        super("sync.mode is '" + mode + "', but " + description, action + ownBackend(mode));
    }

    static UnsuitableRedisConnectionException masterReplica(SyncMode mode) {
        return new UnsuitableRedisConnectionException(
                mode,
                "the connection factory of the application has a fixed list of a master and its replicas, which does not"
                        + " tell who the master is after a fail-over.",
                ONE_SERVER);
    }

    /** @param others connection factories of another kind, by name and type */
    static UnsuitableRedisConnectionException noLettuce(SyncMode mode, List<String> others) {
        String description = "there is no bean of type LettuceConnectionFactory";
        return others.isEmpty()
                ? new UnsuitableRedisConnectionException(
                        mode,
                        description + ".",
                        "Do not exclude DataRedisAutoConfiguration, or define a LettuceConnectionFactory; or ")
                : new UnsuitableRedisConnectionException(
                        mode,
                        description + ", only " + String.join(" and ", others) + ".",
                        "Use Lettuce, the default of Spring Boot: remove spring.data.redis.client-type and connection"
                                + " factories of another kind; or, to keep them, ");
    }

    /** @param names of the factories */
    static UnsuitableRedisConnectionException ambiguous(SyncMode mode, List<String> names) {
        return new UnsuitableRedisConnectionException(
                mode,
                "there are several beans of type LettuceConnectionFactory: " + String.join(", ", names) + ".",
                "Mark the one that leads to the shared state as @Primary; or ");
    }

    private static String ownBackend(SyncMode mode) {
        return "define a bean of type io.distsync.backend.SyncBackend, such as "
                + (mode == SyncMode.KAFKA
                        ? "KafkaSyncBackend.builder(" + OWN_STORE + ", settings).build()."
                        : OWN_STORE + ".build().");
    }
}
