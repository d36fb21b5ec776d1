package io.distsync.boot.autoconfigure;

/** A mode was asked for without the client library it works with. */
public final class ClientLibraryMissingException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    /**
     * A mode without its library.
     *
     * @param missingClass the class by which the library was looked for
     */
    public ClientLibraryMissingException(SyncMode mode, String missingClass) {
        super(
                "sync.mode is '" + mode
                        + "', but the client library of this mode is not on the class path: there is no " + missingClass
                        + ".",
                "Add the dependency org.springframework.boot:" + mode.starter()
                        + (mode == SyncMode.KAFKA
                                ? " and use a version of distsync that has this mode (this one has local and redis)"
                                : " with everything it brings")
                        + ", or set sync.mode=local to keep the state in the memory of this process.");
    }
}
