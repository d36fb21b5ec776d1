package io.distsync.benchmarks;

import java.util.concurrent.CompletionStage;

/** One client's view of many topics, numbered from 0, each with an {@link AppState} of its own. */
interface SharedTopics extends AutoCloseable {

    /** Told of the states of all topics; of those of one topic by one thread at a time. */
    @FunctionalInterface
    interface Listener {

        /**
         * A topic has a state.
         *
         * @param counter of the state, or -1 if states were left out
         */
        void told(int topic, long counter);
    }

    String PREFIX = "topic-";

    /** What a topic is called. */
    static String name(int topic) {
        return PREFIX + topic;
    }

    /** Stores the next state of a topic; by one client only. */
    CompletionStage<?> increment(int topic);

    /** Tells the present state of the topic and then each new one; completes when nothing can be missed any more. */
    CompletionStage<?> follow(int topic, Listener listener);

    /** The counter that is stored; if the topic is followed, compares it with what this client would show. */
    CompletionStage<Long> counter(int topic);

    @Override
    void close();
}
