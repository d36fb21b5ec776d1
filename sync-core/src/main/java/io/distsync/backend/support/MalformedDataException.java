package io.distsync.backend.support;

/** What a store or a broadcast holds is not what we write there. */
public final class MalformedDataException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int LONGEST = 200;

    /** Says what is wrong; the message must not show payloads, and is made {@link #printable}. */
    public MalformedDataException(String message) {
        super(printable(message));
    }

    /** What may be anything, as a log can quote it: cut, and with a question mark for each character that does harm there. */
    public static String printable(String text) {
        String start = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
        return start.replaceAll("[^ -~]", "?");
    }
}
