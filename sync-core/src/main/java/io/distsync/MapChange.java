package io.distsync;

import io.distsync.backend.Change;
import io.distsync.version.Version;

/**
 * One change of a map.
 *
 * @param versioned the entry after it; not present after a delete or an expiry. For a topic that logs keys only, a
 *     written value is {@code null} here
 * @param previous the version the key had before
 * @param cause why it changed
 */
public record MapChange<V>(String key, Versioned<V> versioned, Version previous, Change.Cause cause) {}
