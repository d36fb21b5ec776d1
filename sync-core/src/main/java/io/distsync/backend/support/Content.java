package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a commit that carries a known request id is the one that was applied. Keeping the commits themselves
 * would cost more than the changes they made; so the log keeps a digest of all but the payloads, and the payloads are
 * compared with those of the changes.
 */
final class Content {

    private Content() {}

    /** A hash of the checks and mutations, payloads left out. */
    static long digest(Commit commit) {
        long digest = 1;
        List<Check> checks = commit.checks();
        for (int i = 0; i < checks.size(); i++) {
            digest = 31 * digest + digest(checks.get(i));
        }
        List<Mutation> mutations = commit.mutations();
        for (int i = 0; i < mutations.size(); i++) {
            digest = 31 * digest + digest(mutations.get(i));
        }
        return digest;
    }

    private static long digest(Check check) {
        if (check instanceof Check.VersionIs versionIs) {
            return 3L * versionIs.key().hashCode()
                    + versionIs.version().link()
                    + versionIs.version().revision();
        }
        if (check instanceof Check.Exists exists) {
            return 5L * exists.key().hashCode() + 1;
        }
        Check.Fence fence = (Check.Fence) check;
        return 7L * fence.name().hashCode() + fence.token().hashCode();
    }

    private static long digest(Mutation mutation) {
        if (mutation instanceof Mutation.Put put) {
            return 11L * put.key().hashCode() + digest(put.lease());
        }
        if (mutation instanceof Mutation.PutSequential put) {
            return 13L * put.prefix().hashCode() + digest(put.lease());
        }
        if (mutation instanceof Mutation.Add add) {
            return 17L * add.key().hashCode() + 19 * add.delta() + digest(add.lease());
        }
        return 23L * ((Mutation.Delete) mutation).key().hashCode();
    }

    private static long digest(LeaseRule lease) {
        if (lease instanceof LeaseRule.Set set) {
            return 29L * set.id().hashCode() + set.ttlMillis();
        }
        return lease instanceof LeaseRule.Keep ? 1 : 2;
    }

    /** Whether the commit is the one that had this digest and these outcomes. */
    static boolean matches(Commit commit, long digest, List<@Nullable Change> outcomes) {
        List<Mutation> mutations = commit.mutations();
        if (digest(commit) != digest || mutations.size() != outcomes.size()) {
            return false;
        }
        for (int i = 0; i < mutations.size(); i++) {
            Payload payload = mutations.get(i).payload();
            Change outcome = outcomes.get(i);
            Payload applied = outcome == null ? null : outcome.payload();
            if (payload != null && applied != null && !payload.equals(applied)) {
                return false;
            }
        }
        return true;
    }
}
