package io.distsync.queue;

/**
 * What the store has of somebody who holds something or waits for it.
 *
 * @param owner for people: the process it is in
 * @param permits how many it wants, of a semaphore; 1 for a lock
 * @param shared whether it shares a lock with others who do
 */
public record Contender(String owner, int permits, boolean shared) {

    /** In characters: those of many contenders travel together. */
    private static final int MAX_OWNER_LENGTH = 1_000;

    /**
     * The owner, if it can be one.
     *
     * @throws IllegalArgumentException if it is too long
     */
    public static String checkOwner(String owner) {
        if (owner.length() > MAX_OWNER_LENGTH) {
            throw new IllegalArgumentException(
                    "owner must have at most " + MAX_OWNER_LENGTH + " characters, but has " + owner.length());
        }
        return owner;
    }
}
