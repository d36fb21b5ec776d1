package io.distsync.benchmarks;

/** Whose a contender is; it has the same colour in all charts. */
enum Family {
    LOCAL_MODE("#0b7a75", "#3fd0c9"),
    REDIS_MODE("#c2410c", "#ff8a50"),
    KAFKA_MODE("#6d28d9", "#b794ff"),
    ATOMIC_REFERENCE("#77700a", "#d0c84a"),
    BY_HAND("#4b5563", "#b6bec9"),
    REDISSON("#be185d", "#ff7ab8"),
    HAZELCAST("#1d4ed8", "#7aa7ff"),
    CURATOR("#15803d", "#5fd68b"),
    KAFKA("#8b5a2b", "#d9a066");

    private final String onLight;
    private final String onDark;

    Family(String onLight, String onDark) {
        this.onLight = onLight;
        this.onDark = onDark;
    }

    /** Whether it is this library. */
    boolean isOurs() {
        return this == LOCAL_MODE || this == REDIS_MODE || this == KAFKA_MODE;
    }

    String onLight() {
        return onLight;
    }

    String onDark() {
        return onDark;
    }
}
