package io.distsync.benchmarks;

/** Locks that all processes share, as one process sees them. */
interface NamedLocks extends AutoCloseable {

    /** A lock that is held. */
    interface Hold {

        /** Whether it is still held, as far as its holder can tell. By the thread that took it. */
        boolean isHeld();

        /** Gives it back, and ends the run with an error if it was not held any more. By the thread that took it. */
        void release();
    }

    /** Waits until this thread holds the lock. */
    Hold take(String name);

    /** Whether the server knows of nobody who holds the lock or waits for it. */
    boolean isFree(String name);

    @Override
    void close();
}
