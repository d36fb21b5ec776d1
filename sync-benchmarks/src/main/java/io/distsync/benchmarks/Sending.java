package io.distsync.benchmarks;

/** What is done about a state that others are to be told of. */
enum Sending {
    /** The brokers have it before anything else is done. */
    AWAITED {
        @Override
        void send(StateTopic topic, String json) {
            topic.sendAndWait(json);
        }
    },
    /** The producer has it. */
    UNAWAITED {
        @Override
        void send(StateTopic topic, String json) {
            var unused = topic.send(json);
        }
    };

    abstract void send(StateTopic topic, String json);
}
