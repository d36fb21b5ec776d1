package io.distsync.registry.balance;

import java.time.Instant;

/**
 * An instance that gets no calls for a while because its calls failed.
 *
 * @param until when it is to get calls again, by the clock of this process
 * @param times how many ejections it is held to have had, this one included; the more, the longer
 */
public record Ejection(String instanceId, Instant until, int times) {}
