package io.distsync.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How something is held.
 *
 * @param lease how long it stays with a holder who is not heard of
 * @param maximumHold after which it is lost though its holder lives; {@code null} for no such time
 */
public record Terms(Duration lease, @Nullable Duration maximumHold) {}
