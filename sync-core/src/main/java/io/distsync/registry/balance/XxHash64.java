package io.distsync.registry.balance;

/** XXH64 of the UTF-16 code units of a text, each as two bytes, the lower one first. */
final class XxHash64 {

    /*
     * Written from the specification (Collet, xxHash fast digest algorithm, "XXH64 algorithm description"). UTF-16
     * because a String yields it without a copy; its bytes are even in number, so the single byte that XXH64 may have to
     * take at the end comes in pairs here. What this returns decides which instance has a key: it must never change.
     */

    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_3 = 0x165667B19E3779F9L;
    private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME_5 = 0x27D4EB2F165667C5L;

    private static final int STRIPE = 16; // chars: four lanes of eight bytes
    private static final int LANE = 4;

    private XxHash64() {}

    static long hash(String text, long seed) {
        int length = text.length();
        int whole = length - length % STRIPE;
        long hash = (whole == 0 ? seed + PRIME_5 : stripes(text, whole, seed)) + 2L * length;
        int at = whole;
        for (; at + LANE <= length; at += LANE) {
            hash = Long.rotateLeft(hash ^ round(0, lane(text, at)), 27) * PRIME_1 + PRIME_4;
        }
        if (at + 2 <= length) {
            hash = Long.rotateLeft(hash ^ (halfLane(text, at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
            at += 2;
        }
        if (at < length) {
            char last = text.charAt(at);
            hash = Long.rotateLeft(hash ^ ((last & 0xFF) * PRIME_5), 11) * PRIME_1;
            hash = Long.rotateLeft(hash ^ ((last >>> 8) * PRIME_5), 11) * PRIME_1;
        }
        return avalanche(hash);
    }

    private static long stripes(String text, int end, long seed) {
        long first = seed + PRIME_1 + PRIME_2;
        long second = seed + PRIME_2;
        long third = seed;
        long fourth = seed - PRIME_1;
        for (int at = 0; at < end; at += STRIPE) {
            first = round(first, lane(text, at));
            second = round(second, lane(text, at + LANE));
            third = round(third, lane(text, at + 2 * LANE));
            fourth = round(fourth, lane(text, at + 3 * LANE));
        }
        long hash = Long.rotateLeft(first, 1)
                + Long.rotateLeft(second, 7)
                + Long.rotateLeft(third, 12)
                + Long.rotateLeft(fourth, 18);
        return merge(merge(merge(merge(hash, first), second), third), fourth);
    }

    private static long round(long accumulator, long lane) {
        return Long.rotateLeft(accumulator + lane * PRIME_2, 31) * PRIME_1;
    }

    private static long merge(long hash, long accumulator) {
        return (hash ^ round(0, accumulator)) * PRIME_1 + PRIME_4;
    }

    private static long avalanche(long hash) {
        long mixed = (hash ^ (hash >>> 33)) * PRIME_2;
        mixed = (mixed ^ (mixed >>> 29)) * PRIME_3;
        return mixed ^ (mixed >>> 32);
    }

    private static long lane(String text, int at) {
        return halfLane(text, at) | (halfLane(text, at + 2) << 32);
    }

    private static long halfLane(String text, int at) {
        return text.charAt(at) | ((long) text.charAt(at + 1) << 16);
    }
}
