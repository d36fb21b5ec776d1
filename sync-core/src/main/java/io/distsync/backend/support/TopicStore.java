package io.distsync.backend.support;

import static java.util.Objects.requireNonNull;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.backend.CommitResult.TooOld;
import io.distsync.backend.Entry;
import io.distsync.backend.History;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.TopicOptions;
import io.distsync.error.RejectedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The deterministic state machine of one topic: entries, log, leases, fences and request memory.
 *
 * <p>Time comes in with each call and nothing else from outside does, so that a replicated log can drive one store on
 * each node: the same calls in the same order give the same results, changes and links.
 */
public final class TopicStore {

    /*
     * Threads. None of its own and no locks: whoever owns the store makes one call at a time. The feed is called inside
     * the call that made the changes, once for each commit, in order; it must not call back.
     *
     * Invariants.
     *  - A revision is used by exactly one change; each change's previousLink is the link of the one before it.
     *  - Replaying the log on the state at its base gives the present state.
     *  - A slot is in `due` exactly if it has a lease, at its present deadline (so a slot leaves the set before its
     *    deadline changes).
     *  - A request is remembered as long as the log holds its changes.
     *  - A due entry is expired before anything else sees it: expire(...) runs first in every operation that touches it.
     */

    /** Most entries one call of {@link #sweep} expires. */
    public static final int MAX_SWEEP = 100;

    private final String topic;
    private final Consumer<List<Change>> feed;
    private final Slots slots = new Slots();
    private final ChangeLog log;
    private final RequestMemory requests = new RequestMemory();

    private @Nullable SortedSet<Slot> due;
    private @Nullable Map<String, Version> fences;

    // The head, as numbers: a reference written on every commit into an old object would cost more than its parts.
    private final long epoch;
    private long revision;
    private long link;

    private final Version horizon;
    private TopicOptions options = TopicOptions.defaults();
    private long nowMillis;
    private long usedMillis;

    /**
     * A store without entries.
     *
     * @param epoch greater than every epoch this topic had before
     * @param horizon {@link Version#ABSENT} if the topic was never stored before; otherwise requests of senders that
     *     knew older versions are refused, because they may have been applied in a history that is gone
     * @param feed receives the changes of each commit
     */
    public TopicStore(String topic, long epoch, Version horizon, Consumer<List<Change>> feed) {
        this.topic = topic;
        this.feed = feed;
        this.epoch = epoch;
        this.horizon = horizon;
        this.log = new ChangeLog(head());
    }

    /** See {@link io.distsync.backend.SyncBackend#foresee}. */
    public static Version foresee(Version head, Commit commit, int mutation) {
        long link = head.link();
        long revision = head.revision();
        for (int i = 0; i <= mutation; i++) {
            revision++;
            link = Links.next(link, head.epoch(), revision, commit.request());
        }
        return new Version(head.epoch(), revision, link);
    }

    /** The last change, or the beginning of the epoch. */
    public Version head() {
        return new Version(epoch, revision, link);
    }

    /** When the next entry is due, in milliseconds; {@link Long#MAX_VALUE} if none has a lease. */
    public long nextDueMillis() {
        return due == null || due.isEmpty() ? Long.MAX_VALUE : due.first().deadlineMillis;
    }

    /** Whether nobody used the topic for as long as its options say, and nothing in it asks to be kept. */
    public boolean isIdle(long now) {
        return options.idleMillis() != Long.MAX_VALUE
                && now - usedMillis >= options.idleMillis()
                && nextDueMillis() == Long.MAX_VALUE
                && fences == null;
    }

    /** Whether nothing was ever stored here, not even a fence. */
    public boolean isUnused() {
        return revision == 0 && fences == null;
    }

    /** Whether the options of this topic make anything depend on the time, leases apart. */
    public boolean isTimed() {
        return options.isTimed();
    }

    /**
     * Applies a commit.
     *
     * @throws RejectedException if it can never succeed as it stands; nothing was changed
     */
    @SuppressWarnings("ReferenceEquality") // the same options, as a rule; equal ones are only written once more
    public CommitResult commit(Commit commit, long now) {
        advance(now);
        int request = requests.find(commit.request());
        long known = requests.revision(request);
        if (known != 0) {
            int first = log.find(known);
            if (first != ChangeLog.NOWHERE) {
                return repeated(commit, first);
            }
        }
        if (horizon.isNewerThan(commit.known()) || log.hasForgotten(commit.known())) {
            return new TooOld(head());
        }
        if (options != commit.options()) {
            options = commit.options();
        }
        usedMillis = nowMillis;
        if (isDue()) {
            expireTouched(commit);
        }
        List<FailedCheck> failed = failures(commit.checks());
        if (!failed.isEmpty()) {
            return new Conflict(head(), failed, select(commit.selection()));
        }
        int effective = rehearse(commit.mutations());
        raiseFences(commit.checks());
        return apply(commit, effective, request);
    }

    /** Reads entries; those that are due are expired first. */
    public Page read(Selection selection, long now) {
        advance(now);
        usedMillis = nowMillis;
        if (isDue()) {
            sweep(now, MAX_SWEEP);
        }
        return selection == Selection.none() ? new Page(head(), List.of(), false) : select(selection);
    }

    /** See {@link io.distsync.backend.SyncBackend#history}. */
    public History history(Version after, int limit) {
        History history = log.after(after, limit, head());
        return history instanceof History.Changes changes && !options.logPayloads()
                ? new History.Changes(told(changes.changes()), changes.head())
                : history;
    }

    /** Gives the lease its full time again, or returns false if it is gone. */
    public boolean keepAlive(String key, String leaseId, long now) {
        advance(now);
        usedMillis = nowMillis;
        Slot slot = live(key);
        if (slot == null || slot.lease == null || !slot.lease.id().equals(leaseId)) {
            return false;
        }
        setLease(slot, slot.lease);
        return true;
    }

    /** Expires due entries, oldest deadline first, at most {@code limit}; returns how many. */
    public int sweep(long now, int limit) {
        advance(now);
        int expired = 0;
        while (expired < limit && isDue()) {
            expire(dueSlots().first());
            expired++;
        }
        return expired;
    }

    private void advance(long now) {
        nowMillis = Math.max(nowMillis, now);
    }

    // --- requests ---------------------------------------------------------------------------------------------------

    private CommitResult repeated(Commit commit, int logged) {
        List<@Nullable Change> outcomes = log.outcomes(logged);
        Version last = ChangeLog.last(outcomes).version();
        if (!Content.matches(commit, log.digest(logged), outcomes)) {
            throw new RejectedException("request " + commit.request() + " was already used in topic '" + topic
                    + "' for another commit, at " + last);
        }
        return new Committed(last, outcomes, select(commit.selection()));
    }

    // --- checks -----------------------------------------------------------------------------------------------------

    private List<FailedCheck> failures(List<Check> checks) {
        List<FailedCheck> failed = List.of();
        for (int i = 0; i < checks.size(); i++) {
            FailedCheck failure = failure(checks.get(i));
            if (failure != null) {
                failed = failed.isEmpty() ? new ArrayList<>() : failed;
                failed.add(failure);
            }
        }
        return failed;
    }

    private @Nullable FailedCheck failure(Check check) {
        if (check instanceof Check.VersionIs versionIs) {
            Slot slot = slot(versionIs.key());
            Version actual = slot == null ? Version.ABSENT : slot.version();
            return actual.equals(versionIs.version()) ? null : failed(check, slot);
        }
        if (check instanceof Check.Exists exists) {
            Slot slot = slot(exists.key());
            return slot != null ? null : failed(check, null);
        }
        Check.Fence fence = (Check.Fence) check;
        Version highest = fences == null ? null : fences.get(fence.name());
        return highest == null || !highest.isNewerThan(fence.token()) ? null : new FailedCheck(check, null, highest);
    }

    private static FailedCheck failed(Check check, @Nullable Slot slot) {
        return new FailedCheck(check, slot == null ? null : slot.entry(), null);
    }

    private void raiseFences(List<Check> checks) {
        for (int i = 0; i < checks.size(); i++) {
            if (checks.get(i) instanceof Check.Fence fence) {
                fences = fences == null ? new HashMap<>() : fences;
                fences.merge(fence.name(), fence.token(), (a, b) -> b.isNewerThan(a) ? b : a);
            }
        }
    }

    // --- mutations --------------------------------------------------------------------------------------------------

    /**
     * Counts the mutations that will have an effect, and finds additions that would fail, before anything is changed: a
     * commit is all or nothing, and each change tells how many its commit has.
     */
    private int rehearse(List<Mutation> mutations) {
        if (!hasDeleteOrAdd(mutations)) {
            return mutations.size();
        }
        Map<String, @Nullable Payload> written = new HashMap<>();
        int effective = 0;
        for (Mutation mutation : mutations) {
            if (mutation instanceof Mutation.Put put) {
                written.put(put.key(), put.payload());
            } else if (mutation instanceof Mutation.PutSequential put) {
                written.put(put.key(revision + effective + 1), put.payload());
            } else if (mutation instanceof Mutation.Add add) {
                written.put(add.key(), sum(add, rehearsed(add.key(), written)));
            } else {
                String key = ((Mutation.Delete) mutation).key();
                if (rehearsed(key, written) == null) {
                    continue;
                }
                written.put(key, null);
            }
            effective++;
        }
        return effective;
    }

    private static boolean hasDeleteOrAdd(List<Mutation> mutations) {
        for (int i = 0; i < mutations.size(); i++) {
            Mutation mutation = mutations.get(i);
            if (mutation instanceof Mutation.Delete || mutation instanceof Mutation.Add) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Payload rehearsed(String key, Map<String, @Nullable Payload> written) {
        return written.containsKey(key) ? written.get(key) : payload(slot(key));
    }

    private Committed apply(Commit commit, int effective, int request) {
        if (effective == 0) {
            @Nullable Change[] none = new Change[commit.mutations().size()];
            return new Committed(head(), Arrays.asList(none), select(commit.selection()));
        }
        long firstRevision = revision + 1;
        List<@Nullable Change> outcomes = outcomes(commit, effective);
        append(outcomes, Content.digest(commit));
        requests.remember(request, commit.request(), firstRevision, log.oldestRevision());
        return new Committed(ChangeLog.last(outcomes).version(), outcomes, select(commit.selection()));
    }

    private List<@Nullable Change> outcomes(Commit commit, int effective) {
        List<Mutation> mutations = commit.mutations();
        if (mutations.size() == 1) {
            return List.of(requireNonNull(apply(mutations.get(0), commit.request(), 0, 1, commit.headers(0))));
        }
        @Nullable Change[] outcomes = new Change[mutations.size()];
        int index = 0;
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = apply(mutations.get(i), commit.request(), index, effective, commit.headers(i));
            index += outcomes[i] == null ? 0 : 1;
        }
        return Arrays.asList(outcomes);
    }

    private @Nullable Change apply(
            Mutation mutation, RequestId request, int index, int count, Map<String, String> headers) {
        if (mutation instanceof Mutation.Put put) {
            return write(put.key(), put.payload(), put.lease(), request, index, count, headers);
        }
        if (mutation instanceof Mutation.PutSequential put) {
            String key = put.key(revision + 1);
            return write(key, put.payload(), put.lease(), request, index, count, headers);
        }
        if (mutation instanceof Mutation.Add add) {
            Payload sum = sum(add, payload(slot(add.key())));
            return write(add.key(), sum, add.lease(), request, index, count, headers);
        }
        Slot slot = slot(((Mutation.Delete) mutation).key());
        return slot == null ? null : remove(slot, Cause.DELETE, request, index, count, headers);
    }

    private Change write(
            String key,
            Payload payload,
            LeaseRule lease,
            RequestId request,
            int index,
            int count,
            Map<String, String> headers) {
        Slot slot = slot(key);
        Version previous = slot == null ? Version.ABSENT : slot.version();
        Change change = advanceHead(key, previous, payload, Cause.WRITE, request, index, count, headers);
        if (slot == null) {
            slot = new Slot(key, change);
            slots.add(slot);
        } else {
            slot.written = change;
        }
        if (lease instanceof LeaseRule.Set set) {
            setLease(slot, set);
        } else if (lease instanceof LeaseRule.None) {
            clearLease(slot);
        }
        return change;
    }

    private Change remove(
            Slot slot, Cause cause, RequestId request, int index, int count, Map<String, String> headers) {
        clearLease(slot);
        slots.remove(slot);
        return advanceHead(slot.key, slot.version(), null, cause, request, index, count, headers);
    }

    private Change advanceHead(
            String key,
            Version previous,
            @Nullable Payload payload,
            Cause cause,
            RequestId request,
            int index,
            int count,
            Map<String, String> headers) {
        long previousLink = link;
        revision++;
        link = Links.next(previousLink, epoch, revision, request);
        Version version = new Version(epoch, revision, link);
        return new Change(version, previousLink, key, previous, payload, cause, request, index, count, headers);
    }

    private Payload sum(Mutation.Add add, @Nullable Payload current) {
        long sum;
        try {
            sum = Math.addExact(current == null ? 0 : current.integer(), add.delta());
        } catch (NumberFormatException e) {
            throw new RejectedException("entry '" + add.key() + "' of topic '" + topic + "' holds no decimal integer");
        } catch (ArithmeticException e) {
            throw new RejectedException(outOfRange(add));
        }
        if (sum > Limits.MAX_INTEGER || sum < -Limits.MAX_INTEGER) {
            throw new RejectedException(outOfRange(add));
        }
        return Payload.ofInteger(sum);
    }

    private String outOfRange(Mutation.Add add) {
        return "adding " + add.delta() + " to entry '" + add.key() + "' of topic '" + topic
                + "' would leave the range of ±" + Limits.MAX_INTEGER;
    }

    private static @Nullable Payload payload(@Nullable Slot slot) {
        return slot == null ? null : slot.payload();
    }

    // --- log --------------------------------------------------------------------------------------------------------

    private void append(List<@Nullable Change> outcomes, long digest) {
        log.append(outcomes, digest, nowMillis);
        log.trim(options.retention(), revision, nowMillis);
        feed.accept(told(ChangeLog.effective(outcomes)));
    }

    /** Changes as followers see them. */
    private List<Change> told(List<Change> changes) {
        return options.logPayloads()
                ? changes
                : changes.stream().map(Change::withoutPayload).toList();
    }

    // --- leases -----------------------------------------------------------------------------------------------------

    private boolean isDue() {
        return due != null && !due.isEmpty() && due.first().deadlineMillis <= nowMillis;
    }

    private SortedSet<Slot> dueSlots() {
        SortedSet<Slot> existing = due;
        if (existing == null) {
            existing = new TreeSet<>(Slot.BY_DEADLINE);
            due = existing;
        }
        return existing;
    }

    private void setLease(Slot slot, LeaseRule.Set lease) {
        clearLease(slot);
        slot.lease = lease;
        slot.deadlineMillis = nowMillis + lease.ttlMillis();
        dueSlots().add(slot);
    }

    private void clearLease(Slot slot) {
        if (slot.lease != null) {
            dueSlots().remove(slot);
            slot.lease = null;
            slot.deadlineMillis = Long.MAX_VALUE;
        }
    }

    private void expire(Slot slot) {
        Change change = remove(slot, Cause.EXPIRED, RequestId.NONE, 0, 1, Map.of());
        append(List.of(change), 0);
    }

    private void expireTouched(Commit commit) {
        for (Check check : commit.checks()) {
            if (check instanceof Check.VersionIs versionIs) {
                live(versionIs.key());
            } else if (check instanceof Check.Exists exists) {
                live(exists.key());
            }
        }
        for (Mutation mutation : commit.mutations()) {
            if (mutation instanceof Mutation.Put put) {
                live(put.key());
            } else if (mutation instanceof Mutation.Delete delete) {
                live(delete.key());
            } else if (mutation instanceof Mutation.Add add) {
                live(add.key());
            }
        }
    }

    /** The slot of a key, after expiring it if it is due. */
    private @Nullable Slot live(String key) {
        Slot slot = slot(key);
        if (slot != null && slot.deadlineMillis <= nowMillis) {
            expire(slot);
            return null;
        }
        return slot;
    }

    private @Nullable Slot slot(String key) {
        return slots.get(key);
    }

    // --- selections -------------------------------------------------------------------------------------------------

    private Page select(Selection selection) {
        if (selection == Selection.none()) {
            return Page.NOTHING;
        }
        if (selection instanceof Selection.Keys keys) {
            List<Entry> entries = new ArrayList<>(keys.keys().size());
            for (String key : keys.keys()) {
                Slot slot = live(key);
                if (slot != null) {
                    entries.add(slot.entry());
                }
            }
            return new Page(head(), entries, false);
        }
        return range((Selection.Range) selection);
    }

    private Page range(Selection.Range range) {
        List<Entry> entries = new ArrayList<>(Math.min(range.limit(), 16));
        List<Slot> expired = new ArrayList<>();
        boolean more = false;
        for (Slot slot : candidates(range)) {
            if (!slot.key.startsWith(range.prefix())) {
                break;
            }
            if (slot.deadlineMillis <= nowMillis) {
                expired.add(slot);
            } else if (entries.size() == range.limit()) {
                more = true;
                break;
            } else {
                entries.add(slot.entry());
            }
        }
        expired.forEach(this::expire);
        return new Page(head(), entries, more);
    }

    /** The slots in the order of the range, beginning where the range begins and going on beyond its end. */
    private Collection<Slot> candidates(Selection.Range range) {
        String prefix = range.prefix();
        String after = range.after();
        if (range.order() == Selection.Order.ASCENDING) {
            return after != null && after.compareTo(prefix) >= 0
                    ? slots.all().tailMap(after, false).values()
                    : slots.all().tailMap(prefix, true).values();
        }
        String end = successor(prefix);
        if (after != null && (end == null || after.compareTo(end) < 0)) {
            return slots.all().headMap(after, false).descendingMap().values();
        }
        NavigableMap<String, Slot> below =
                end == null ? slots.all() : slots.all().headMap(end, false);
        return below.descendingMap().values();
    }

    /** The least string greater than everything with the prefix, or {@code null} if there is none. */
    private static @Nullable String successor(String prefix) {
        for (int i = prefix.length() - 1; i >= 0; i--) {
            if (prefix.charAt(i) != Character.MAX_VALUE) {
                return prefix.substring(0, i) + (char) (prefix.charAt(i) + 1);
            }
        }
        return null;
    }
}
