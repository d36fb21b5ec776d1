package io.distsync.boot.autoconfigure.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.docs.ObservationDocumentation;

/** What is observed. Names of topics and listeners are on spans only: there may be any number of them. */
public enum SyncObservation implements ObservationDocumentation {

    /** A call that may change a topic, from when it was made to its outcome. */
    UPDATE("sync.update", "sync update"),

    /** An attempt to commit what one or more calls make of a topic. */
    COMMIT("sync.commit", "sync commit"),

    /** A call of a listener. */
    LISTENER("sync.listener", "sync listener");

    /** Names of key values. */
    public enum Key implements KeyName {
        /** What was called: {@code update}, {@code send}, {@code delete}, {@code compare_and_set}, {@code commit}. */
        OPERATION("operation"),

        /** What came of it. */
        OUTCOME("outcome"),

        /** Name of the topic. */
        TOPIC("sync.topic"),

        /** How many calls travel in a commit. */
        CALLS("sync.calls"),

        /** Name of the listener. */
        LISTENER("sync.listener.name");

        private final String key;

        Key(String key) {
            this.key = key;
        }

        @Override
        public String asString() {
            return key;
        }
    }

    private final String meter;
    private final String span;

    SyncObservation(String meter, String span) {
        this.meter = meter;
        this.span = span;
    }

    @Override
    public String getName() {
        return meter;
    }

    @Override
    public String getContextualName() {
        return span;
    }

    @Override
    public KeyName[] getLowCardinalityKeyNames() {
        return switch (this) {
            case UPDATE -> new KeyName[] {Key.OPERATION, Key.OUTCOME};
            case COMMIT -> new KeyName[] {Key.OUTCOME};
            case LISTENER -> new KeyName[0];
        };
    }

    @Override
    public KeyName[] getHighCardinalityKeyNames() {
        return switch (this) {
            case UPDATE -> new KeyName[] {Key.TOPIC};
            case COMMIT -> new KeyName[] {Key.TOPIC, Key.CALLS};
            case LISTENER -> new KeyName[] {Key.TOPIC, Key.LISTENER};
        };
    }
}
