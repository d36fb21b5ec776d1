package io.distsync.backend.redis;

import io.distsync.backend.RequestId;
import io.distsync.backend.support.VersionText;
import io.distsync.version.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** How the scripts make versions. */
final class Versions {

    private Versions() {}

    /** The version of a change of the commit that follows a head, as the scripts are going to make it. */
    static Version following(Version head, RequestId request, int index) {
        long first = head.revision() + 1;
        String hashed = VersionText.text(head) + " " + head.epoch() + "-" + first + " " + request;
        long link = ByteBuffer.wrap(Sha1.of(hashed.getBytes(StandardCharsets.US_ASCII)))
                .getLong();
        return new Version(head.epoch(), first + index, link(link, index));
    }

    /** The link of a change: the hash of its commit and its place in it. */
    static long link(String hash, int index) {
        return (Long.parseUnsignedLong(hash, 16) << 8) | index;
    }

    /** The link of another change of the same commit. */
    static long link(long linkInCommit, int index) {
        return (linkInCommit & ~0xFFL) | index;
    }
}
