package io.distsync.backend.support;

/** What a store or a broadcast holds is not what we write there. */
public final class MalformedDataException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int LONGEST = 200;

    /**
     * Says what is wrong; the message must not show payloads. What it quotes may be anything, so it is cut, and has a question
     * mark for each character that does not belong into a line of a log.
     */
    public MalformedDataException(String message) {
        super(printable(message));
    }

    private static String printable(String message) {
        String start = message.length() <= LONGEST ? message : message.substring(0, LONGEST) + "...";
        return start.replaceAll("[^ -~]", "?");
    }
}
