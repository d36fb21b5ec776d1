package io.distsync.backend.redis;

import io.distsync.backend.RequestId;
import io.distsync.version.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Versions and request ids as the scripts write them: {@code epoch-revision-link}, the link as 16 hexadecimal digits. */
final class Versions {

    private static final int LINK_DIGITS = 16;

    private Versions() {}

    static byte[] bytes(Version version) {
        return text(version).getBytes(StandardCharsets.US_ASCII);
    }

    static String text(Version version) {
        String link = Long.toHexString(version.link());
        return version.epoch() + "-" + version.revision() + "-" + "0".repeat(LINK_DIGITS - link.length()) + link;
    }

    static Version parse(byte[] bytes) {
        return parse(new String(bytes, StandardCharsets.US_ASCII));
    }

    static Version parse(String text) {
        int first = text.indexOf('-');
        int second = text.indexOf('-', first + 1);
        try {
            return new Version(
                    Long.parseLong(text, 0, first, 10),
                    Long.parseLong(text, first + 1, second, 10),
                    Long.parseUnsignedLong(text, second + 1, text.length(), 16));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedReplyException("not a version: '" + text + "'");
        }
    }

    /** The version of a change of the commit that follows a head, as the scripts are going to make it. */
    static Version following(Version head, RequestId request, int index) {
        long first = head.revision() + 1;
        String hashed = text(head) + " " + head.epoch() + "-" + first + " " + request;
        byte[] hash = sha1().digest(hashed.getBytes(StandardCharsets.US_ASCII));
        long link = ByteBuffer.wrap(hash).getLong();
        return new Version(head.epoch(), first + index, link(link, index));
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has it", e);
        }
    }

    /** The link of a change: the hash of its commit and its place in it. */
    static long link(String hash, int index) {
        return (Long.parseUnsignedLong(hash, 16) << 8) | index;
    }

    /** The link of another change of the same commit. */
    static long link(long linkInCommit, int index) {
        return (linkInCommit & ~0xFFL) | index;
    }

    static RequestId request(String text) {
        int dash = text.indexOf('-');
        try {
            return new RequestId(
                    Long.parseUnsignedLong(text, 0, dash, 16),
                    Long.parseUnsignedLong(text, dash + 1, text.length(), 16));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedReplyException("not a request: '" + text + "'");
        }
    }
}
