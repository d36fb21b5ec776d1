package io.distsync.backend.support;

/** What a store or a broadcast holds is not what we write there. */
public final class MalformedDataException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Says what is wrong; the message must not show payloads. */
    public MalformedDataException(String message) {
        super(message);
    }
}
