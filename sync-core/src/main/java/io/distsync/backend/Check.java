package io.distsync.backend;

import io.distsync.version.Limits;
import io.distsync.version.Version;

/** A condition of a commit. */
public sealed interface Check {

    /**
     * The entry has exactly this version, all three parts of it; {@link Version#ABSENT} means there is no such entry.
     */
    record VersionIs(String key, Version version) implements Check {
        public VersionIs {
            Limits.checkKey(key);
        }
    }

    /** There is such an entry, whatever its version. */
    record Exists(String key) implements Check {
        public Exists {
            Limits.checkKey(key);
        }
    }

    /**
     * The token is not older than the highest this topic has seen under that name. A commit that passes raises the
     * highest to this token, even if it has no mutations.
     */
    record Fence(String name, Version token) implements Check {
        public Fence {
            Limits.checkKey(name);
        }
    }

    static Check versionIs(String key, Version version) {
        return new VersionIs(key, version);
    }

    static Check absent(String key) {
        return new VersionIs(key, Version.ABSENT);
    }

    static Check exists(String key) {
        return new Exists(key);
    }

    static Check fence(String name, Version token) {
        return new Fence(name, token);
    }
}
