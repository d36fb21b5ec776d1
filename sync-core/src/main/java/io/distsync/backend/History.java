package io.distsync.backend;

import io.distsync.version.Version;
import java.util.List;

/** A page of a topic's log. */
public sealed interface History {

    /**
     * Whole commits, oldest first.
     *
     * @param head the last change of the topic when the page was read
     */
    record Changes(List<Change> changes, Version head) implements History {
        public Changes {
            changes = List.copyOf(changes);
        }
    }

    /**
     * The position asked for is not on the present chain, or the log does not reach back to it.
     *
     * @param oldest the position from which the log can be read
     * @param head the last change of the topic
     */
    record Gone(Version oldest, Version head) implements History {}
}
