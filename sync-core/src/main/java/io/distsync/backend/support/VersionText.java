package io.distsync.backend.support;

import io.distsync.backend.RequestId;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;

/** Versions and request ids as stores write them: {@code epoch-revision-link}, the link as 16 hexadecimal digits. */
public final class VersionText {

    private static final int LINK_DIGITS = 16;

    private VersionText() {}

    /** The version as text in ASCII. */
    public static byte[] bytes(Version version) {
        return text(version).getBytes(StandardCharsets.US_ASCII);
    }

    /** The version as text. */
    public static String text(Version version) {
        return version.epoch() + "-" + version.revision() + "-" + link(version.link());
    }

    /** A link as 16 hexadecimal digits. */
    public static String link(long link) {
        String digits = Long.toHexString(link);
        return "0".repeat(LINK_DIGITS - digits.length()) + digits;
    }

    /**
     * Reads a version.
     *
     * @throws MalformedDataException if it is none
     */
    public static Version parse(byte[] bytes) {
        return parse(new String(bytes, StandardCharsets.US_ASCII));
    }

    /**
     * Reads a version.
     *
     * @throws MalformedDataException if it is none
     */
    public static Version parse(String text) {
        int first = text.indexOf('-');
        int second = text.indexOf('-', first + 1);
        try {
            return new Version(
                    Long.parseLong(text, 0, first, 10),
                    Long.parseLong(text, first + 1, second, 10),
                    Long.parseUnsignedLong(text, second + 1, text.length(), 16));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedDataException("not a version: '" + text + "'");
        }
    }

    /**
     * Reads a request.
     *
     * @throws MalformedDataException if it is none
     */
    public static RequestId request(String text) {
        int dash = text.indexOf('-');
        try {
            return new RequestId(
                    Long.parseUnsignedLong(text, 0, dash, 16),
                    Long.parseUnsignedLong(text, dash + 1, text.length(), 16));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedDataException("not a request: '" + text + "'");
        }
    }
}
