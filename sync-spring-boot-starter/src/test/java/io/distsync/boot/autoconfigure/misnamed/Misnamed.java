package io.distsync.boot.autoconfigure.misnamed;

import io.distsync.SyncTopic;

/** A state with a topic that cannot be. */
@SyncTopic("a b")
public record Misnamed() {}
