package io.distsync;

import io.distsync.backend.SyncBackend;
import java.time.Duration;
import java.util.Map;

/**
 * What a backend supplies so that {@link SyncServiceConformance} can run on it: one store, which several nodes share,
 * and the faults it can play. Made for each test and closed after it.
 */
public interface ServiceFixture extends AutoCloseable {

    /** What not every backend can do, or not every fixture can play. */
    enum Capability {
        /** The store's time can be moved: {@link ServiceFixture#advance}. */
        STORE_TIME,
        /** A node can be cut off from the store: {@link ServiceFixture#cut} and {@link ServiceFixture#heal}. */
        CONNECTION,
        /** The store is told of a commit before its followers are: {@link ServiceFixture#holdFeeds}. */
        FEED_DELAY,
        /** Payloads become bytes, so that they have a size. */
        SERIALIZES
    }

    /** Opens the connection of one more node to the store; the fixture closes it. */
    SyncBackend connect();

    /** What cannot be played here, with the reason; tests that need it are skipped and say so. */
    Map<Capability, String> missing();

    /** Adds what services need on this backend. */
    default SyncService.Builder configure(SyncService.Builder builder) {
        return builder;
    }

    /** Lets so much of the store's time pass, and lets the store notice it. */
    default void advance(Duration time) {
        throw new UnsupportedOperationException("store time");
    }

    /** Cuts a node off; its operations fail, its feeds are silent. */
    default void cut(SyncBackend node) {
        throw new UnsupportedOperationException("connection");
    }

    /** Connects a node again. */
    default void heal(SyncBackend node) {
        throw new UnsupportedOperationException("connection");
    }

    /** Holds back what the node's feeds bring, while its operations go on. */
    default void holdFeeds(SyncBackend node) {
        throw new UnsupportedOperationException("feed delay");
    }

    /** Delivers what was held back. */
    default void releaseFeeds(SyncBackend node) {
        throw new UnsupportedOperationException("feed delay");
    }

    @Override
    void close();
}
