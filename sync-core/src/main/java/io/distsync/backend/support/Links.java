package io.distsync.backend.support;

import io.distsync.backend.RequestId;

/**
 * The chain of links: each change's link hashes the link before it, its own epoch and revision, and the request that
 * made it. Equal links mean, but for one chance in 2^64, the same history up to there. Not a cryptographic hash.
 *
 * <p>Mixing function: the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * OOPSLA 2014).
 */
final class Links {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Links() {}

    /** The link after one more change; never 0, which stands for the beginning. */
    static long next(long previous, long epoch, long revision, RequestId request) {
        long link = mix(previous + GOLDEN * revision);
        link = mix(link ^ request.sender() ^ epoch * GOLDEN);
        link = mix(link + request.sequence());
        return link == 0 ? 1 : link;
    }

    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
