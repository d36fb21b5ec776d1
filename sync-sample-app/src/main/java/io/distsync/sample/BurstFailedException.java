package io.distsync.sample;

/** A burst stopped early; its cause says what happened to the increment that failed last. */
final class BurstFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int applied;
    private final int requested;

    BurstFailedException(int applied, int requested, RuntimeException cause) {
        super(cause);
        this.applied = applied;
        this.requested = requested;
    }

    int applied() {
        return applied;
    }

    int requested() {
        return requested;
    }
}
