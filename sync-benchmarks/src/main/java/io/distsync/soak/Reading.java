package io.distsync.soak;

import java.util.Locale;

/**
 * What was measured at one moment.
 *
 * @param second since the start
 * @param phase what was going on
 * @param heap used, in bytes
 * @param collected whether the garbage was collected right before
 * @param threads of this process
 * @param ours how many of them belong to the library
 * @param kinds of threads: different names, without numbers
 * @param connections that Redis has
 * @param descriptors open in this process: connections, for the most part
 * @param keys in Redis
 * @param memories keys that are the older half of a memory of requests: a topic has one once its log has been full
 * @param redis memory of Redis, in bytes
 * @param topics that services know, all of them together
 * @param operations so far
 * @param unknown operations so far whose outcome is not known
 * @param faults so far
 */
record Reading(
        long second,
        String phase,
        long heap,
        boolean collected,
        int threads,
        int ours,
        int kinds,
        long connections,
        long descriptors,
        long keys,
        long memories,
        long redis,
        long topics,
        long operations,
        long unknown,
        long faults) {

    static final String HEADER = "second,phase,heapMB,collected,threads,ours,kinds,connections,descriptors,keys,"
            + "memories,redisMB,topics,operations,unknown,faults";

    String csv() {
        return String.format(
                Locale.ROOT,
                "%d,%s,%.1f,%b,%d,%d,%d,%d,%d,%d,%d,%.1f,%d,%d,%d,%d",
                second,
                phase,
                megabytes(heap),
                collected,
                threads,
                ours,
                kinds,
                connections,
                descriptors,
                keys,
                memories,
                megabytes(redis),
                topics,
                operations,
                unknown,
                faults);
    }

    static double megabytes(long bytes) {
        return bytes / 1_048_576.0;
    }
}
