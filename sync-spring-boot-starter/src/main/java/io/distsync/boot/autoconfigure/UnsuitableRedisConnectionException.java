package io.distsync.boot.autoconfigure;

import java.util.List;

/** The mode {@code redis} was asked for, but what the application has for Redis does not lead to one server for it. */
public final class UnsuitableRedisConnectionException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    private static final String OWN_BACKEND = "define a bean of type io.distsync.backend.SyncBackend,"
            + " such as RedisSyncBackend.builder(RedisURI.create(\"redis://host\")).build().";
    private static final String ONE_SERVER =
            "Lead it to a single server (spring.data.redis.host or .url), to sentinels (.sentinel.*) or to a cluster (.cluster.*);"
                    + " or, to keep it for the rest of the application, ";

    private UnsuitableRedisConnectionException(String description, String action) {
        super("sync.mode is 'redis', but " + description, action);
    }

    static UnsuitableRedisConnectionException masterReplica() {
        return new UnsuitableRedisConnectionException(
                "the connection factory of the application has a fixed list of a master and its replicas, which does not"
                        + " tell who the master is after a fail-over.",
                ONE_SERVER + OWN_BACKEND);
    }

    /** @param others connection factories of another kind, by name and type */
    static UnsuitableRedisConnectionException noLettuce(List<String> others) {
        String description = "there is no bean of type LettuceConnectionFactory";
        return others.isEmpty()
                ? new UnsuitableRedisConnectionException(
                        description + ".",
                        "Do not exclude DataRedisAutoConfiguration, or define a LettuceConnectionFactory; or "
                                + OWN_BACKEND)
                : new UnsuitableRedisConnectionException(
                        description + ", only " + String.join(" and ", others) + ".",
                        "Use Lettuce, the default of Spring Boot: remove spring.data.redis.client-type and connection"
                                + " factories of another kind; or, to keep them, " + OWN_BACKEND);
    }

    /** @param names of the factories */
    static UnsuitableRedisConnectionException ambiguous(List<String> names) {
        return new UnsuitableRedisConnectionException(
                "there are several beans of type LettuceConnectionFactory: " + String.join(", ", names) + ".",
                "Mark the one that leads to the shared state as @Primary; or " + OWN_BACKEND);
    }
}
