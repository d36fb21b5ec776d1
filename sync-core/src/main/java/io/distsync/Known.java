package io.distsync;

import io.distsync.backend.Entry;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import org.jspecify.annotations.Nullable;

/**
 * What a service believes an entry to be.
 *
 * @param version as checks compare it: {@link Version#ABSENT} if there is none
 * @param payload {@code null} if there is none
 */
record Known(Version version, @Nullable Payload payload) {

    static final Known ABSENT = new Known(Version.ABSENT, null);

    static Known of(@Nullable Entry entry) {
        return entry == null ? ABSENT : new Known(entry.version(), entry.payload());
    }
}
