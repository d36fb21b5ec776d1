package io.distsync.backend.kafka;

import io.distsync.backend.Change;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts the changes of one topic together to commits, as they come from one partition: those of a commit in any order, more
 * than once, and among those of others. Remembers a bounded number of unfinished commits, and so many bytes of them; what is
 * forgotten followers read from the log. Belongs to the thread that reads the partition.
 */
final class CommitAssembler {

    /** Commits of one topic are seldom sent at once, and hardly ever by more nodes than this. */
    private static final int UNFINISHED = 16;

    private final long mostBytes;
    private @Nullable Map<Version, Parts> unfinished;
    private long bytes;

    /** @param mostBytes of payloads that are kept */
    CommitAssembler(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    private static final class Parts {

        private final @Nullable Change[] changes;
        private int missing;
        private long bytes;

        Parts(int count) {
            changes = new Change[count];
            missing = count;
        }
    }

    /** The whole commit if this change was its last one missing, else {@code null}. */
    @Nullable
    List<Change> add(Change change) {
        if (change.count() == 1) {
            return List.of(change);
        }
        Map<Version, Parts> known = unfinished;
        if (known == null) {
            known = new LinkedHashMap<>();
            unfinished = known;
        }
        Version commit = commitOf(change);
        Parts parts = known.get(commit);
        if (parts == null) {
            if (known.size() == UNFINISHED) {
                forgetFirst(known);
            }
            parts = new Parts(change.count());
            known.put(commit, parts);
        }
        if (parts.changes.length != change.count() || parts.changes[change.index()] != null) {
            return null;
        }
        parts.changes[change.index()] = change;
        parts.missing--;
        long size = size(change);
        parts.bytes += size;
        bytes += size;
        if (parts.missing > 0) {
            while (bytes > mostBytes) {
                forgetFirst(known);
            }
            return null;
        }
        known.remove(commit);
        bytes -= parts.bytes;
        List<Change> whole = new ArrayList<>(parts.changes.length);
        Arrays.stream(parts.changes).forEach(whole::add);
        return whole;
    }

    private void forgetFirst(Map<Version, Parts> known) {
        Iterator<Parts> oldest = known.values().iterator();
        bytes -= oldest.next().bytes;
        oldest.remove();
    }

    private static long size(Change change) {
        Payload payload = change.payload();
        return payload == null ? 0 : payload.bytes().length;
    }

    /** The same for all changes of a commit: where it begins, and the hash that their links share. */
    private static Version commitOf(Change change) {
        Version version = change.version();
        return new Version(version.epoch(), version.revision() - change.index(), version.link() >>> Byte.SIZE);
    }
}
