package io.distsync.boot.autoconfigure;

import io.distsync.backend.SyncBackend;

/** What stands between the service and its backend. */
interface BackendGuard {

    /** Lets everything through. */
    BackendGuard NONE = backend -> backend;

    /** The backend as the service is to see it. What it stands on stays its owner's to close. */
    SyncBackend guard(SyncBackend backend);
}
