package io.distsync.boot.autoconfigure.observation;

import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/** An attempt to commit what one or more calls make of a topic. */
public final class CommitContext extends Observation.Context {

    private final String topic;
    private final int calls;
    private @Nullable String outcome;

    CommitContext(String topic, int calls) {
        this.topic = topic;
        this.calls = calls;
    }

    /** Name of the topic. */
    public String topic() {
        return topic;
    }

    /** How many calls travel in it. */
    public int calls() {
        return calls;
    }

    /** What came of it, {@code null} while it goes on. */
    public @Nullable String outcome() {
        return outcome;
    }

    void end(String value) {
        outcome = value;
    }
}
