package io.distsync.backend;

/** Something that goes on until it is closed. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {

    /**
     * Ends it; closing twice is harmless. No callback begins after this returned, and one that was running has ended,
     * unless the callback itself is the caller.
     */
    @Override
    void close();
}
