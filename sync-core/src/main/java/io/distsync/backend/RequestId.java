package io.distsync.backend;

/**
 * Identity of a commit, the same for each repeat of it.
 *
 * @param sender chosen at random by each sender when it starts
 * @param sequence counted by the sender
 */
public record RequestId(long sender, long sequence) {

    /** The request of changes nobody asked for, such as an expiry. */
    public static final RequestId NONE = new RequestId(0, 0);

    /** Sender and sequence in hexadecimal; the form for stores that keep text. */
    @Override
    public String toString() {
        return Long.toHexString(sender) + "-" + Long.toHexString(sequence);
    }
}
