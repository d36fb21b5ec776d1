package io.distsync.boot.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

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
                "Add " + dependencies(mode.starters())
                        + ", or set sync.mode=local to keep the state in the memory of this process.");
    }

    private static String dependencies(List<String> starters) {
        String names = starters.stream()
                .map(starter -> "org.springframework.boot:" + starter)
                .collect(Collectors.joining(" and "));
        return starters.size() == 1
                ? "the dependency " + names + " with everything it brings"
                : "the dependencies " + names + ", both with everything they bring";
    }
}
