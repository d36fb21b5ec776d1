package io.distsync.benchmarks;

/** How an application may share many states between processes that follow all of them. */
public enum TopicsWay {
    SERVICE("optimisticUpdate, a handle on each topic"),
    BY_HAND("the commit script, a channel for each topic"),
    REDISSON("Redisson compareAndSet, an RTopic for each topic");

    private final String label;

    TopicsWay(String label) {
        this.label = label;
    }

    /** What the tables call it. */
    String label() {
        return label;
    }

    /**
     * One more client.
     *
     * @param uri of the Redis server: {@code redis://host:port}
     */
    SharedTopics open(String uri, int topics) {
        return switch (this) {
            case SERVICE -> new ServiceTopics(uri, topics);
            case BY_HAND -> new ScriptTopics(uri, topics);
            case REDISSON -> new RedissonTopics(uri, topics);
        };
    }
}
