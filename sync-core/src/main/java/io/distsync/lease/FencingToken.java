package io.distsync.lease;

import io.distsync.version.Version;
import java.util.HexFormat;

/**
 * Tells one grant from those before and after it: whoever is granted something later has a larger token. What is to be
 * protected remembers the largest one it has seen and refuses smaller ones; a topic does so by itself ({@link
 * io.distsync.CommitBuilder#fence}).
 *
 * <p>(Martin Kleppmann, "How to do distributed locking", 2016.)
 *
 * @param epoch of the history the grant was made in
 * @param revision of the change that asked for it
 */
public record FencingToken(long epoch, long revision) implements Comparable<FencingToken> {

    private static final HexFormat HEX = HexFormat.of();
    private static final int DIGITS = 16;

    public FencingToken {
        if (epoch < 0 || revision < 0) {
            throw new IllegalArgumentException(
                    "epoch and revision must not be negative: epoch=" + epoch + ", revision=" + revision);
        }
    }

    /** The token of whoever wrote this version. */
    public static FencingToken of(Version version) {
        return new FencingToken(version.epoch(), version.revision());
    }

    /**
     * Reads what {@link #toString()} gives.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static FencingToken parse(String text) {
        if (text.length() != 2 * DIGITS + 1 || text.charAt(DIGITS) != '-') {
            throw new IllegalArgumentException("a fencing token has " + DIGITS + " hexadecimal digits, a hyphen and as"
                    + " many digits again, but this text has " + text.length() + " characters");
        }
        return new FencingToken(
                HexFormat.fromHexDigitsToLong(text, 0, DIGITS),
                HexFormat.fromHexDigitsToLong(text, DIGITS + 1, text.length()));
    }

    /** For {@link io.distsync.CommitBuilder#fence}. */
    public Version version() {
        return new Version(epoch, revision, 0);
    }

    @Override
    public int compareTo(FencingToken other) {
        return version().compareTo(other.version());
    }

    /** A text that is ordered as the tokens are; at most 33 characters, for a header or a column. */
    @Override
    public String toString() {
        return HEX.toHexDigits(epoch) + "-" + HEX.toHexDigits(revision);
    }
}
