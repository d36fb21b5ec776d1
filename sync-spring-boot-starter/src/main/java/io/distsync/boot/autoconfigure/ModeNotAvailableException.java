package io.distsync.boot.autoconfigure;

/** A mode was asked for that this version does not have. */
public final class ModeNotAvailableException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    public ModeNotAvailableException(SyncMode mode) {
        super(
                "sync.mode is '" + mode + "', but this version of distsync does not have that mode.",
                "Set sync.mode=local or sync.mode=redis, or define a bean of type io.distsync.backend.SyncBackend.");
    }
}
