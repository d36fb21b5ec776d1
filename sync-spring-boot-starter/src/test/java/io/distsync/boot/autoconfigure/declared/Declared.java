package io.distsync.boot.autoconfigure.declared;

import io.distsync.SyncTopic;

/** States of an application, in the shapes they may have. */
public final class Declared {

    private Declared() {}

    @SyncTopic("as-nested")
    record Nested() {}
}

@SyncTopic("as-record")
record AsRecord() {}

@SyncTopic("as-interface")
interface AsInterface {}

/** Inherits no topic. */
record Implementing() implements AsInterface {}
