package io.distsync;

import io.distsync.backend.Check;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.PayloadFormat;
import io.distsync.backend.Selection;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Collects what a commit checks and changes. Checks see the state before the first mutation; mutations apply in order.
 * Not thread-safe; used only inside the call it is passed to.
 */
public final class CommitBuilder<V> {

    private final PayloadFormat<V> format;
    private final List<Check> checks = new ArrayList<>();
    private final List<Mutation> mutations = new ArrayList<>();
    private Selection selection = Selection.none();

    CommitBuilder(PayloadFormat<V> format) {
        this.format = format;
    }

    /** Only if the entry has exactly this version; {@link Version#ABSENT} means it must be absent. */
    public CommitBuilder<V> expect(String key, Version version) {
        return check(Check.versionIs(key, version));
    }

    /** Only if there is no such entry. */
    public CommitBuilder<V> expectAbsent(String key) {
        return check(Check.absent(key));
    }

    /** Only if there is such an entry. */
    public CommitBuilder<V> expectExists(String key) {
        return check(Check.exists(key));
    }

    /** Only if no newer token was seen under this name; raises the highest seen to this one. */
    public CommitBuilder<V> fence(String name, Version token) {
        return check(Check.fence(name, token));
    }

    public CommitBuilder<V> put(String key, V value) {
        return put(key, value, LeaseOptions.none());
    }

    public CommitBuilder<V> put(String key, V value, LeaseOptions lease) {
        return mutate(Mutation.put(key, payload(value), lease.rule()));
    }

    /** Writes a new entry whose key is the prefix and the zero-padded revision of this change. */
    public CommitBuilder<V> putSequential(String prefix, V value, LeaseOptions lease) {
        return mutate(Mutation.putSequential(prefix, payload(value), lease.rule()));
    }

    public CommitBuilder<V> delete(String key) {
        return mutate(Mutation.delete(key));
    }

    /** Adds to a decimal integer that starts at 0; for topics of numbers. */
    public CommitBuilder<V> add(String key, long delta) {
        return add(key, delta, LeaseOptions.keep());
    }

    public CommitBuilder<V> add(String key, long delta, LeaseOptions lease) {
        return mutate(Mutation.add(key, delta, lease.rule()));
    }

    /** Reads these entries in the same step: after the mutations, or on conflict as they stand. */
    public CommitBuilder<V> select(Selection entries) {
        selection = Objects.requireNonNull(entries, "entries");
        return this;
    }

    List<Check> checks() {
        return checks;
    }

    List<Mutation> mutations() {
        return mutations;
    }

    Selection selection() {
        return selection;
    }

    private CommitBuilder<V> check(Check check) {
        requireRoom(checks, "checks");
        checks.add(check);
        return this;
    }

    private CommitBuilder<V> mutate(Mutation mutation) {
        requireRoom(mutations, "mutations");
        mutations.add(mutation);
        return this;
    }

    private static void requireRoom(List<?> list, String what) {
        if (list.size() == Limits.MAX_MUTATIONS) {
            throw new IllegalArgumentException("a commit may have at most " + Limits.MAX_MUTATIONS + " " + what);
        }
    }

    private Payload payload(V value) {
        return Payload.of(Objects.requireNonNull(value, "value"), format);
    }
}
