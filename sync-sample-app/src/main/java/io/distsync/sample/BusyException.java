package io.distsync.sample;

import org.springframework.http.HttpStatus;

/** The node does as much as it is willing to do at once; a later try may succeed. */
final class BusyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final HttpStatus status;

    BusyException(HttpStatus status, String message) {
        super(message);
        this.status = status;
    }

    HttpStatus status() {
        return status;
    }
}
