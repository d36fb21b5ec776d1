package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.RequestId;
import io.distsync.version.Version;

/**
 * The chain of links: each change's link hashes the link before it, its own epoch and revision, and the request that
 * made it. Equal links mean, but for one chance in 2^64, the same history up to there. Not a cryptographic hash.
 *
 * <p>Mixing function: each part is multiplied by an odd constant of its own, and the sum goes through the finalizer of
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). The finalizer is a
 * bijection, so links collide only where the sums do.
 */
final class Links {

    // Odd, and random in all their bits: no small multiples of them add up to zero.
    private static final long PREVIOUS = 0x9E3779B97F4A7C15L;
    private static final long EPOCH = 0xD1342543DE82EF95L;
    private static final long REVISION = 0xAF251AF3B0F025B5L;
    private static final long SENDER = 0xB564EF22EC7AECE5L;
    private static final long SEQUENCE = 0xF7C2EBC08F67F2B5L;

    private Links() {}

    /** The link after one more change; never 0, which stands for the beginning. */
    static long next(long previous, long epoch, long revision, RequestId request) {
        long link = mix(previous * PREVIOUS
                + epoch * EPOCH
                + revision * REVISION
                + request.sender() * SENDER
                + request.sequence() * SEQUENCE);
        return link == 0 ? 1 : link;
    }

    /** Whether nothing lies between the version and the change. */
    static boolean continues(Version at, Change change) {
        Version version = change.version();
        return change.previousLink() == at.link()
                && (version.epoch() == at.epoch()
                        ? version.revision() == at.revision() + 1
                        : version.epoch() > at.epoch());
    }

    /** Whether both name the same place of the same history; opening an epoch alone does not move the place. */
    static boolean samePlace(Version a, Version b) {
        return a.link() == b.link() && a.revision() == b.revision();
    }

    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
