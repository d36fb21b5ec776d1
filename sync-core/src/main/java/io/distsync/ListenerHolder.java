package io.distsync;

import java.util.List;

/** Something that listeners were added to. */
interface ListenerHolder {

    List<SyncStatus.ListenerStatus> listeners();
}
