package io.distsync.version;

import java.time.Duration;
import java.util.Map;

/** The limits every backend shares; each check names the value and the limit it broke. */
public final class Limits {

    /** Longest topic name, in characters. */
    public static final int MAX_TOPIC_LENGTH = 200;

    /** Longest entry key, in characters. */
    public static final int MAX_KEY_LENGTH = 1_024;

    /** Most mutations in one commit. */
    public static final int MAX_MUTATIONS = 256;

    /** Most entries one page may ask for. */
    public static final int MAX_PAGE = 1_000;

    /** Largest absolute value an {@code add} may reach: 2^53 - 1, the integers a double holds exactly. */
    public static final long MAX_INTEGER = (1L << 53) - 1;

    /** Default bound of the payload bytes in one commit. */
    public static final int DEFAULT_MAX_PAYLOAD_BYTES = 1 << 20;

    /** Shortest time to live of a lease. */
    public static final Duration MIN_LEASE = Duration.ofMillis(1);

    /** Longest time to live of a lease. */
    public static final Duration MAX_LEASE = Duration.ofDays(365);

    /** Most headers of one change. */
    public static final int MAX_HEADERS = 16;

    /** Longest headers of one change, in characters, names and values together. */
    public static final int MAX_HEADERS_LENGTH = 1_024;

    /** What names of headers must not begin with: Kafka's records have headers of the library's own. */
    public static final String RESERVED_HEADERS = "sync-";

    /** Digits a sequential key is padded to: enough for every positive long, so that text order is number order. */
    public static final int SEQUENCE_DIGITS = 19;

    private Limits() {}

    /**
     * Checks a topic name: 1 to {@value #MAX_TOPIC_LENGTH} characters of {@code A-Z a-z 0-9 . _ - : /}.
     *
     * @return the name
     * @throws IllegalArgumentException naming the offending value and the rule
     */
    public static String checkTopic(String name) {
        if (name.isEmpty() || name.length() > MAX_TOPIC_LENGTH) {
            throw new IllegalArgumentException("topic name must have 1 to " + MAX_TOPIC_LENGTH + " characters, but has "
                    + name.length() + (name.isEmpty() ? "" : ": '" + shorten(name) + "'"));
        }
        for (int i = 0; i < name.length(); i++) {
            if (!isTopicCharacter(name.charAt(i))) {
                throw new IllegalArgumentException("topic name '" + shorten(name) + "' has the character '"
                        + printable(name.charAt(i)) + "' at index " + i + "; allowed are A-Z a-z 0-9 . _ - : /");
            }
        }
        return name;
    }

    /**
     * Checks an entry key: at most {@value #MAX_KEY_LENGTH} characters; the empty key is the singleton's.
     *
     * @return the key
     * @throws IllegalArgumentException naming the length and the limit
     */
    public static String checkKey(String key) {
        if (key.length() > MAX_KEY_LENGTH) {
            throw new IllegalArgumentException("key must have at most " + MAX_KEY_LENGTH + " characters, but has "
                    + key.length() + ": '" + shorten(key) + "'");
        }
        return key;
    }

    /**
     * Checks a time to live.
     *
     * @return the time to live in milliseconds
     * @throws IllegalArgumentException if it is below {@link #MIN_LEASE} or above {@link #MAX_LEASE}
     */
    public static long checkLease(Duration ttl) {
        if (ttl.compareTo(MIN_LEASE) < 0 || ttl.compareTo(MAX_LEASE) > 0) {
            throw new IllegalArgumentException(
                    "lease must last from " + MIN_LEASE + " to " + MAX_LEASE + ", but is " + ttl);
        }
        return ttl.toMillis();
    }

    /**
     * Checks the headers of a change: at most {@value #MAX_HEADERS}, {@value #MAX_HEADERS_LENGTH} characters in all, with
     * names that are not empty and do not begin with {@value #RESERVED_HEADERS}.
     *
     * @return the headers
     * @throws IllegalArgumentException naming value and limit
     */
    public static Map<String, String> checkHeaders(Map<String, String> headers) {
        if (headers.size() > MAX_HEADERS) {
            throw new IllegalArgumentException(
                    "a change may have at most " + MAX_HEADERS + " headers, but this one has " + headers.size());
        }
        int length = 0;
        for (Map.Entry<String, String> header : headers.entrySet()) {
            String name = header.getKey();
            if (name.isEmpty() || name.startsWith(RESERVED_HEADERS)) {
                throw new IllegalArgumentException("the name of a header must not be empty or begin with '"
                        + RESERVED_HEADERS + "', but is '" + shorten(name) + "'");
            }
            length += name.length() + header.getValue().length();
        }
        if (length > MAX_HEADERS_LENGTH) {
            throw new IllegalArgumentException("the headers of a change may have at most " + MAX_HEADERS_LENGTH
                    + " characters, but these have " + length);
        }
        return headers;
    }

    private static boolean isTopicCharacter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "._-:/".indexOf(c) >= 0;
    }

    private static String shorten(String text) {
        String start = text.length() <= 60 ? text : text.substring(0, 60) + "...";
        StringBuilder shown = new StringBuilder(start.length());
        start.chars().forEach(c -> shown.append(printable((char) c)));
        return shown.toString();
    }

    private static String printable(char c) {
        return c >= ' ' && c < 127 ? String.valueOf(c) : String.format("\\u%04x", (int) c);
    }
}
