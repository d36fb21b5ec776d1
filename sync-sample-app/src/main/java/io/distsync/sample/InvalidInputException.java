package io.distsync.sample;

/** A value sent by the client breaks a rule; carries the name of the field for whoever has to mark it. */
final class InvalidInputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String field;

    InvalidInputException(String field, String message) {
        super(message);
        this.field = field;
    }

    String field() {
        return field;
    }

    /** The value, if it lies in the range. */
    static long inRange(String field, long value, long min, long max) {
        if (value < min || value > max) {
            throw new InvalidInputException(
                    field, "'" + field + "' must be from " + min + " to " + max + ", but is " + value + ".");
        }
        return value;
    }
}
