package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.SyncBackend;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What operations make of the state, one after another, on the way to one commit: its checks and mutations, and what each
 * entry looks like by now. Used by the owner of the pipeline only.
 */
final class Draft<T> {

    private final UpdatePipeline<T> pipeline;
    private final int expectedSize;
    private final @Nullable Foresight foresight;
    private @Nullable Cell first;
    private @Nullable Map<String, Cell> others;
    private List<Check> checks = List.of();
    private List<Mutation> mutations = List.of();
    private List<Map<String, String>> headers = List.of();
    private Map<String, String> taking = Map.of();
    private long payloadBytes;

    /**
     * @param expectedSize how many operations are going to take part
     * @param foresight what a commit under way is going to leave, if this draft is to follow it
     */
    Draft(UpdatePipeline<T> pipeline, int expectedSize, @Nullable Foresight foresight) {
        this.pipeline = pipeline;
        this.expectedSize = expectedSize;
        this.foresight = foresight;
        if (foresight != null) {
            check(cell(foresight.lastKey())); // it follows that commit, or is not applied
        }
    }

    List<Check> checks() {
        return checks;
    }

    List<Mutation> mutations() {
        return mutations;
    }

    /** What travels with the change of each mutation; empty if nothing does. */
    List<Map<String, String>> headers() {
        return headers;
    }

    /** From now on mutations are those of an operation with these headers. */
    void take(Map<String, String> ofOperation) {
        taking = ofOperation;
    }

    // --- for operations ---------------------------------------------------------------------------------------------

    Topic<T> topic() {
        return pipeline.topic();
    }

    Cell cell(String key) {
        Cell only = first;
        if (only == null) {
            only = new Cell(key);
            first = only;
            return only;
        }
        if (only.key.equals(key)) {
            return only;
        }
        Map<String, Cell> more = others;
        if (more == null) {
            more = new HashMap<>();
            others = more;
        }
        return more.computeIfAbsent(key, Cell::new);
    }

    /** Makes sure that the commit fails if the store holds something else than assumed. */
    void check(Cell cell) {
        if (!cell.checked && !cell.isWritten()) {
            cell.checked = true;
            Known assumed = cell.assumed;
            if (assumed == null) {
                assumed = Objects.requireNonNull(known(cell.key), "the pipeline reads what is not known");
                cell.assumed = assumed;
            }
            checks = plus(checks, Check.versionIs(cell.key, assumed.version()));
        }
    }

    private @Nullable Known known(String key) {
        Known foreseen = foresight == null ? null : foresight.of(key);
        return foreseen == null ? pipeline.knowledge().of(key) : foreseen;
    }

    /**
     * Whether the entry is taken to have this version; either way the commit confirms it. Of an entry nothing is known
     * of, it is simply assumed: its payload need not be known for that.
     */
    boolean assumes(Cell cell, Version version) {
        if (cell.assumed == null) {
            Known known = known(cell.key);
            cell.assumed = known == null ? new Known(version, null) : known;
        }
        check(cell);
        return cell.assumed.version().equals(version);
    }

    /**
     * The value an update starts from; the caller has checked the cell.
     *
     * @throws io.distsync.error.AbsentStateException if there is none, and no initial one
     * @throws io.distsync.error.UndecodableStateException if it cannot be decoded
     */
    T value(Cell cell) {
        return pipeline.format().startingValue(cell.key, cell.payload());
    }

    /** A payload's value; of none, the initial value or {@code null}. */
    @SuppressWarnings("NullAway") // a Versioned that is not present may hold no value
    T valueOrInitial(@Nullable Payload payload) {
        return payload == null ? topic().initial() : payload.value(pipeline.format());
    }

    /** Calls a function of a user, which must not come back into this pipeline. */
    T call(UnaryOperator<T> update, T before) {
        return pipeline.call(update, before);
    }

    void put(Cell cell, Payload payload, LeaseRule lease) {
        int index = mutations.size();
        if (topic().conflated() && cell.isWritten() && mutations.get(cell.mutation) instanceof Mutation.Put) {
            index = cell.mutation;
            mutations = replaced(mutations, index, Mutation.put(cell.key, payload, lease));
        } else {
            mutations = plus(mutations, Mutation.put(cell.key, payload, lease));
        }
        label(index);
        cell.write(index, payload);
    }

    void delete(Cell cell) {
        int index = mutations.size();
        mutations = plus(mutations, Mutation.delete(cell.key));
        label(index);
        cell.write(index, null);
    }

    private void label(int mutation) {
        if (headers.isEmpty() && taking.isEmpty()) {
            return;
        }
        if (headers.isEmpty()) {
            headers = new ArrayList<>(expectedSize);
        }
        while (headers.size() <= mutation) {
            headers.add(Map.of());
        }
        headers.set(mutation, taking);
    }

    /**
     * The payload of a value this draft is going to write.
     *
     * @throws IllegalArgumentException if it alone is over the limit, or cannot be encoded
     */
    Payload payload(T value) {
        Payload payload = pipeline.format().payload(value);
        payloadBytes += Math.max(0, payload.knownSize());
        return payload;
    }

    /** Whether one more operation might not fit. */
    boolean isFull() {
        return mutations.size() >= Limits.MAX_MUTATIONS || checks.size() >= Limits.MAX_MUTATIONS || isOverweight();
    }

    /** Whether what was applied so far is more than one commit may carry. */
    boolean isOverweight() {
        return payloadBytes > pipeline.format().limits().maxPayloadBytes();
    }

    /** The state after a mutation: the version it was given and what it wrote; for -1, what was assumed. */
    Versioned<T> versioned(Cell cell, int mutation, T value, Committed committed) {
        if (mutation < 0) {
            Known assumed = cell.assumed == null ? Known.ABSENT : cell.assumed;
            return new Versioned<>(value, assumed.version(), assumed.payload() != null);
        }
        Change change = committed.outcome(mutation);
        if (change == null) {
            return new Versioned<>(value, Version.ABSENT, false);
        }
        return new Versioned<>(value, change.version(), !change.isTombstone());
    }

    /** Keeps in mind what the commit left under the keys it wrote. */
    void learn(Knowledge knowledge, Committed committed) {
        if (first != null) {
            learn(knowledge, first, committed);
        }
        if (others != null) {
            others.values().forEach(cell -> learn(knowledge, cell, committed));
        }
    }

    private static void learn(Knowledge knowledge, Cell cell, Committed committed) {
        if (cell.isWritten()) {
            Change change = committed.outcome(cell.mutation);
            Payload payload = cell.payload();
            Known left = change == null || payload == null ? Known.ABSENT : new Known(change.version(), payload);
            knowledge.learn(cell.key, left);
        }
    }

    /** What the topic is going to be after this draft's commit if that follows the head; {@code null} if nobody can tell. */
    @Nullable
    Foresight foresee(Version head, Commit commit) {
        for (int i = 0; i < mutations.size(); i++) {
            if (!(mutations.get(i) instanceof Mutation.Put)) {
                return null; // a deletion of nothing uses no revision
            }
        }
        SyncBackend backend = pipeline.context().backend();
        Map<String, Known> entries = new HashMap<>();
        if (first != null && !foresee(first, backend, head, commit, entries)) {
            return null;
        }
        if (others != null) {
            for (Cell cell : others.values()) {
                if (!foresee(cell, backend, head, commit, entries)) {
                    return null;
                }
            }
        }
        if (mutations.isEmpty()) {
            return null; // it leaves no version that a commit could follow
        }
        String lastKey = ((Mutation.Put) mutations.get(mutations.size() - 1)).key();
        Known last = Objects.requireNonNull(entries.get(lastKey), "the last cell written");
        return new Foresight(last.version(), lastKey, entries);
    }

    private static boolean foresee(
            Cell cell, SyncBackend backend, Version head, Commit commit, Map<String, Known> entries) {
        if (!cell.isWritten()) {
            return true;
        }
        Version version = backend.foresee(head, commit, cell.mutation);
        if (version == null) {
            return false;
        }
        entries.put(cell.key, new Known(version, cell.payload()));
        return true;
    }

    /** Most drafts have one of each: such a list is immutable already, and not copied again by the commit. */
    private <E> List<E> plus(List<E> list, E element) {
        if (list.isEmpty()) {
            return List.of(element);
        }
        List<E> growing = list;
        if (list.size() == 1) {
            growing = new ArrayList<>(expectedSize);
            growing.add(list.get(0));
        }
        growing.add(element);
        return growing;
    }

    private static <E> List<E> replaced(List<E> list, int index, E element) {
        if (list.size() == 1) {
            return List.of(element);
        }
        list.set(index, element);
        return list;
    }
}
