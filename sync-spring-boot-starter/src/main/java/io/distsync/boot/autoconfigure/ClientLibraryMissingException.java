package io.distsync.boot.autoconfigure;

/** A mode was asked for without the client library it works with. */
public final class ClientLibraryMissingException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    public ClientLibraryMissingException(SyncMode mode) {
        super(
                "sync.mode is '" + mode + "', but the client library of this mode is not on the class path.",
                "Add the dependency org.springframework.boot:" + mode.starter()
                        + " and use a version of distsync that has this mode (this one has local only), or set sync.mode=local to keep the state in the memory of this process.");
    }
}
