package io.distsync.backend.redis;

/** What came from the server is not what the scripts write. */
final class MalformedReplyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedReplyException(String message) {
        super(message);
    }
}
