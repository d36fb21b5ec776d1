package io.distsync;

import io.distsync.version.Version;

/**
 * A value with the version of the change that wrote it.
 *
 * @param value the value; while absent, the topic's initial value, or {@code null} if it has none
 * @param version while absent, the version of the change that deleted it, or {@link Version#ABSENT} if there never was
 *     one, or none is known
 * @param present whether the value is stored
 */
public record Versioned<T>(T value, Version version, boolean present) {}
