package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.backend.support.TopicStoreModel.Cell;
import io.distsync.backend.support.TopicStoreModel.Effect;
import io.distsync.error.RejectedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/** Random sequences of calls on topic stores. */
@Label("Topic store under random calls")
class TopicStorePropertiesTest {

    private static final List<String> KEYS = List.of("a", "b", "c", "d");

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    @Label("does what the model does, and its log replays to its state")
    void storeAgreesWithTheModel(@ForAll("commands") List<Command> commands) {
        Checked store = new Checked();
        commands.forEach(store::run);
        store.finish();
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    @Label("is deterministic: the same calls give the same results, changes and links")
    void sameCallsGiveTheSameResults(@ForAll("commands") List<Command> commands) {
        Checked one = new Checked();
        Checked other = new Checked();
        for (Command command : commands) {
            assertThat(one.run(command)).isEqualTo(other.run(command));
            assertThat(one.store.head()).isEqualTo(other.store.head());
            assertThat(one.store.nextDueMillis()).isEqualTo(other.store.nextDueMillis());
        }
        assertThat(one.fed).isEqualTo(other.fed);
        assertThat(one.store.history(Version.ABSENT, 10_000)).isEqualTo(other.store.history(Version.ABSENT, 10_000));
    }

    @Property(tries = 100)
    @Label("trims whole commits, keeps what it must, and remembers as far as its log reaches")
    void trimmingKeepsWholeCommits(
            @ForAll @Size(max = 60) List<@IntRange(min = 1, max = Limits.MAX_MUTATIONS) Integer> sizes) {
        List<List<Change>> fed = new ArrayList<>();
        List<Commit> commits = new ArrayList<>();
        TopicOptions options = TopicOptions.defaults().withRetention(Retention.changes(Limits.MAX_MUTATIONS));
        TopicStore store = new TopicStore("topic", 1, Version.ABSENT, fed::add);
        for (int size : sizes) {
            List<Mutation> mutations = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                mutations.add(Mutation.add(KEYS.get(i % KEYS.size()), 1));
            }
            Commit commit = new Commit(
                    "topic",
                    new RequestId(1, commits.size()),
                    store.head(),
                    List.of(),
                    mutations,
                    Selection.none(),
                    options);
            commits.add(commit);
            store.commit(commit, 0);
        }

        Version head = store.head();
        int firstKept = 0;
        for (int i = 0; i < commits.size(); i++) {
            Version last = fed.get(i).get(fed.get(i).size() - 1).version();
            boolean mustBeKept = head.revision() - last.revision() < Limits.MAX_MUTATIONS;
            boolean isKept = store.history(commits.get(i).known(), 1) instanceof History.Changes;
            assertThat(isKept || !mustBeKept).as("commit %s is kept", i).isTrue();
            firstKept = isKept ? firstKept : i + 1;
        }
        for (int i = 0; i < commits.size(); i++) {
            CommitResult again = store.commit(commits.get(i), 0);
            if (i >= firstKept) {
                assertThat(((Committed) again).outcomes()).isEqualTo(fed.get(i));
            } else {
                assertThat(again).isEqualTo(new TooOld(head));
            }
        }
        assertThat(store.head()).isEqualTo(head);
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    @Label("pages of its log, of any size, add up to the log, and each ends with a commit")
    void pagesAddUpToTheLog(
            @ForAll("commands") List<Command> commands, @ForAll @IntRange(min = 1, max = 20) int limit) {
        Checked checked = new Checked();
        commands.forEach(checked::run);
        List<Change> paged = new ArrayList<>();
        Version position = Version.ABSENT;
        while (true) {
            List<Change> page = ((History.Changes) checked.store.history(position, limit)).changes();
            if (page.isEmpty()) {
                break;
            }
            assertThat(page.size() <= limit || page.get(0).count() == page.size())
                    .isTrue();
            assertThat(page.get(page.size() - 1).endsCommit()).isTrue();
            paged.addAll(page);
            position = paged.get(paged.size() - 1).version();
        }
        assertThat(paged).isEqualTo(checked.changes());
    }

    // --- commands ---------------------------------------------------------------------------------------------------

    /** One call. Versions and earlier commits are named by number, because they arise only as the calls are made. */
    sealed interface Command {}

    record DoCommit(List<CheckPlan> checks, List<Mutation> mutations) implements Command {}

    /** Sends an earlier commit again. */
    record Repeat(int which) implements Command {}

    /** Sends another commit under the request id of an earlier one. */
    record Reuse(int which, List<Mutation> mutations) implements Command {}

    record Read(Selection selection) implements Command {}

    record KeepAlive(String key, String id) implements Command {}

    record Sweep(int limit) implements Command {}

    record Advance(int millis) implements Command {}

    /** A check that is still to be made of what the store has given out. */
    enum CheckKind {
        CURRENT,
        STALE,
        OTHER_LINK,
        ABSENT,
        EXISTS,
        FENCE
    }

    record CheckPlan(CheckKind kind, String key, int token) {}

    @Provide
    Arbitrary<List<Command>> commands() {
        Arbitrary<String> key = Arbitraries.of(KEYS);
        Arbitrary<Mutation> mutation = mutations();
        Arbitrary<CheckPlan> check = Combinators.combine(
                        Arbitraries.of(CheckKind.class),
                        key,
                        Arbitraries.integers().between(1, 5))
                .as(CheckPlan::new);
        Arbitrary<List<Mutation>> mutations = mutation.list().ofMaxSize(4);
        Arbitrary<Selection> keys = key.list().ofMaxSize(3).map(Selection::keys);
        Arbitrary<Selection> range = Combinators.combine(
                        Arbitraries.of("", "a", "q/"),
                        key.injectNull(0.5),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.of(Selection.Order.class))
                .as(Selection.Range::new);
        Arbitrary<Command> command = Arbitraries.frequencyOf(
                Tuple.of(
                        8,
                        Combinators.combine(check.list().ofMaxSize(2), mutations)
                                .as((checks, written) -> (Command) new DoCommit(checks, written))),
                Tuple.of(2, Arbitraries.integers().between(0, 60).map(which -> (Command) new Repeat(which))),
                Tuple.of(
                        1,
                        Combinators.combine(Arbitraries.integers().between(0, 60), mutations)
                                .as((which, written) -> (Command) new Reuse(which, written))),
                Tuple.of(2, Arbitraries.oneOf(keys, range).map(selection -> (Command) new Read(selection))),
                Tuple.of(2, Combinators.combine(key, Arbitraries.of("l1", "l2")).as((leased, id) ->
                        (Command) new KeepAlive(leased, id))),
                Tuple.of(1, Arbitraries.integers().between(1, 3).map(limit -> (Command) new Sweep(limit))),
                Tuple.of(3, Arbitraries.integers().between(0, 30).map(millis -> (Command) new Advance(millis))));
        return command.list().ofMaxSize(50);
    }

    private static Arbitrary<Mutation> mutations() {
        Arbitrary<String> key = Arbitraries.of(KEYS);
        Arbitrary<LeaseRule> lease = Arbitraries.of(
                LeaseRule.none(),
                LeaseRule.keep(),
                LeaseRule.set("l1", Duration.ofMillis(10)),
                LeaseRule.set("l2", Duration.ofMillis(25)));
        Arbitrary<Payload> payload = Arbitraries.of("1", "-40", "text", "")
                .map(text -> Payload.ofBytes(text.getBytes(StandardCharsets.UTF_8)));
        Arbitrary<Long> delta = Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.longs().between(-3, 3)),
                Tuple.of(1, Arbitraries.of(Limits.MAX_INTEGER, -Limits.MAX_INTEGER, Long.MIN_VALUE)));
        return Arbitraries.oneOf(
                Combinators.combine(key, payload, lease).as(Mutation::put),
                Combinators.combine(payload, lease).as((content, rule) -> Mutation.putSequential("q/", content, rule)),
                key.map(Mutation::delete),
                Combinators.combine(key, delta, lease).as(Mutation::add));
    }

    // --- execution --------------------------------------------------------------------------------------------------

    /** A commit that took effect. */
    private record Remembered(Commit commit, Committed outcome) {}

    /** A store, beside it the model, and the replay of its feed; compares the three after each call. */
    private static final class Checked {

        private final List<List<Change>> fed = new ArrayList<>();
        private final TopicStore store = new TopicStore("topic", 7, Version.ABSENT, fed::add);
        private final TopicStoreModel model = new TopicStoreModel();
        private final Map<String, Change> replay = new TreeMap<>();
        private final List<Commit> commits = new ArrayList<>();
        private final Map<RequestId, Remembered> remembered = new HashMap<>();
        private final List<Version> givenOut = new ArrayList<>();
        private Version at = Version.ABSENT;
        private int seen;

        List<Change> changes() {
            return fed.stream().flatMap(List::stream).toList();
        }

        /** Makes the call, compares, and returns what was answered. */
        Object run(Command command) {
            if (command instanceof Advance advance) {
                model.advance(advance.millis());
                return advance;
            }
            if (command instanceof Sweep sweep) {
                int expired = store.sweep(model.now(), sweep.limit());
                assertThat(expired).isLessThanOrEqualTo(sweep.limit()).isEqualTo(takeExpiries());
                return expired;
            }
            if (command instanceof KeepAlive keep) {
                boolean kept = store.keepAlive(keep.key(), keep.id(), model.now());
                takeExpiries();
                assertThat(kept).isEqualTo(model.keepAlive(keep.key(), keep.id()));
                return kept;
            }
            if (command instanceof Read read) {
                Page page = store.read(read.selection(), model.now());
                takeExpiries();
                comparePage(read.selection(), page);
                return page;
            }
            if (command instanceof Repeat repeat) {
                return commits.isEmpty() ? repeat : send(commits.get(repeat.which() % commits.size()));
            }
            if (command instanceof Reuse reuse) {
                return commits.isEmpty() ? reuse : send(other(commits.get(reuse.which() % commits.size()), reuse));
            }
            DoCommit wanted = (DoCommit) command;
            Commit commit = Commit.of(
                    "topic",
                    new RequestId(42, commits.size() + 1L),
                    store.head(),
                    wanted.checks().stream().map(this::check).toList(),
                    wanted.mutations());
            commits.add(commit);
            return send(commit);
        }

        private static Commit other(Commit first, Reuse reuse) {
            return Commit.of("topic", first.request(), first.known(), first.checks(), reuse.mutations());
        }

        private Check check(CheckPlan plan) {
            Cell cell = model.any(plan.key());
            Version current = cell == null ? Version.ABSENT : cell.version();
            return switch (plan.kind()) {
                case CURRENT -> Check.versionIs(plan.key(), current);
                case STALE ->
                    Check.versionIs(
                            plan.key(),
                            givenOut.isEmpty() ? Version.ABSENT : givenOut.get(plan.token() % givenOut.size()));
                case OTHER_LINK ->
                    Check.versionIs(
                            plan.key(),
                            new Version(current.epoch(), current.revision(), current.link() + plan.token()));
                case ABSENT -> Check.absent(plan.key());
                case EXISTS -> Check.exists(plan.key());
                case FENCE -> Check.fence("f" + plan.key(), new Version(1, plan.token(), 0));
            };
        }

        private Object send(Commit commit) {
            Remembered known = remembered.get(commit.request());
            if (known != null) {
                return sendAgain(commit, known);
            }
            List<Check> failing = model.failing(commit.checks());
            List<Effect> effects = model.foretell(commit.mutations());
            CommitResult result;
            try {
                result = store.commit(commit, model.now());
            } catch (RejectedException e) {
                assertThat(failing).isEmpty();
                assertThat(effects).isNull();
                takeExpiries();
                return "rejected";
            }
            if (result instanceof Conflict conflict) {
                takeExpiries();
                assertThat(conflict.failed())
                        .extracting(FailedCheck::check)
                        .isEqualTo(failing)
                        .isNotEmpty();
                return conflict;
            }
            assertThat(failing).isEmpty();
            takeCommitted(commit, (Committed) result, Objects.requireNonNull(effects));
            return result;
        }

        /** The first outcome for the same content, a rejection for another; no change in either case. */
        private Object sendAgain(Commit commit, Remembered known) {
            Version head = store.head();
            Object answer;
            try {
                Committed again = (Committed) store.commit(commit, model.now());
                assertThat(commit.mutations()).isEqualTo(known.commit().mutations());
                assertThat(again.outcomes()).isEqualTo(known.outcome().outcomes());
                assertThat(again.head()).isEqualTo(known.outcome().head());
                answer = again;
            } catch (RejectedException e) {
                assertThat(commit.mutations()).isNotEqualTo(known.commit().mutations());
                answer = "rejected";
            }
            assertThat(store.head()).isEqualTo(head);
            assertThat(fed).hasSize(seen);
            return answer;
        }

        private void takeCommitted(Commit commit, Committed committed, List<Effect> effects) {
            model.raise(commit.checks());
            List<Change> made =
                    committed.outcomes().stream().filter(Objects::nonNull).toList();
            boolean isEffective = !made.isEmpty();
            if (isEffective) {
                assertThat(fed.remove(fed.size() - 1)).isEqualTo(made);
            }
            takeExpiries(); // what was due goes before what is written
            if (isEffective) {
                fed.add(made);
                remembered.put(commit.request(), new Remembered(commit, committed));
            }
            assertThat(committed.outcomes()).hasSameSizeAs(effects);
            int index = 0;
            for (int i = 0; i < effects.size(); i++) {
                Effect effect = effects.get(i);
                Change change = committed.outcome(i);
                assertThat(change != null).as("mutation %s has an effect", i).isEqualTo(effect.hasEffect());
                if (change != null) {
                    assertThat(change.index()).isEqualTo(index++);
                    assertThat(change.count()).isEqualTo(made.size());
                    assertThat(change.request()).isEqualTo(commit.request());
                    applyToModel(commit.mutations().get(i), effect, change);
                }
            }
            if (isEffective) {
                take(made);
            }
            assertThat(committed.head()).isEqualTo(at.isAbsent() ? store.head() : at);
        }

        private void applyToModel(Mutation mutation, Effect effect, Change change) {
            givenOut.add(change.version());
            String key = mutation instanceof Mutation.PutSequential
                    ? effect.key() + String.format("%019d", change.version().revision())
                    : effect.key();
            assertThat(change.key()).isEqualTo(key);
            Cell before = model.alive(key);
            assertThat(change.previous()).isEqualTo(before == null ? Version.ABSENT : before.version());
            if (effect.text() == null) {
                assertThat(change.cause()).isEqualTo(Cause.DELETE);
                model.remove(key);
            } else {
                assertThat(change.cause()).isEqualTo(Cause.WRITE);
                assertThat(TopicStoreModel.text(Objects.requireNonNull(change.payload())))
                        .isEqualTo(effect.text());
                model.write(key, effect.text(), change.version(), Objects.requireNonNull(lease(mutation)));
            }
        }

        private static @Nullable LeaseRule lease(Mutation mutation) {
            if (mutation instanceof Mutation.Put put) {
                return put.lease();
            }
            if (mutation instanceof Mutation.Add add) {
                return add.lease();
            }
            return mutation instanceof Mutation.PutSequential put ? put.lease() : null;
        }

        /** Takes what was fed and nobody asked for: expiries, of entries that are due; returns how many. */
        private int takeExpiries() {
            int expired = 0;
            while (seen < fed.size()) {
                List<Change> commit = fed.get(seen);
                Change change = commit.get(0);
                Cell cell = Objects.requireNonNull(model.any(change.key()));
                assertThat(commit).hasSize(1);
                assertThat(change.cause()).isEqualTo(Cause.EXPIRED);
                assertThat(change.request()).isEqualTo(RequestId.NONE);
                assertThat(change.previous()).isEqualTo(cell.version());
                assertThat(model.isDue(cell)).as("%s is due", change.key()).isTrue();
                model.expired(change.key());
                take(commit);
                expired++;
            }
            return expired;
        }

        /** Continues the chain and the replay. */
        private void take(List<Change> commit) {
            for (Change change : commit) {
                assertThat(change.version().revision()).isEqualTo(at.revision() + 1);
                assertThat(change.previousLink()).isEqualTo(at.link());
                at = change.version();
                if (change.isTombstone()) {
                    replay.remove(change.key());
                } else {
                    replay.put(change.key(), change);
                }
            }
            seen++;
        }

        private void comparePage(Selection selection, Page page) {
            List<String> expected = new ArrayList<>();
            boolean more = false;
            if (selection instanceof Selection.Keys keys) {
                keys.keys().stream().filter(key -> model.alive(key) != null).forEach(expected::add);
            } else {
                Selection.Range range = (Selection.Range) selection;
                TreeMap<String, Cell> alive = new TreeMap<>(model.allAlive());
                boolean ascending = range.order() == Selection.Order.ASCENDING;
                String after = range.after();
                for (String key : ascending ? alive.keySet() : alive.descendingKeySet()) {
                    boolean beyond = after == null || (ascending ? key.compareTo(after) > 0 : key.compareTo(after) < 0);
                    if (beyond && key.startsWith(range.prefix())) {
                        expected.add(key);
                    }
                }
                more = expected.size() > range.limit();
                expected = expected.subList(0, Math.min(expected.size(), range.limit()));
            }
            assertThat(page.entries()).extracting(Entry::key).isEqualTo(expected);
            assertThat(page.more()).isEqualTo(more);
            assertThat(page.head()).isEqualTo(store.head());
            page.entries().forEach(this::compareEntry);
        }

        private void compareEntry(Entry entry) {
            Cell cell = Objects.requireNonNull(model.alive(entry.key()));
            assertThat(TopicStoreModel.text(entry.payload())).isEqualTo(cell.text());
            assertThat(entry.version()).isEqualTo(cell.version());
            assertThat(entry.leaseId())
                    .isEqualTo(cell.lease() == null ? null : cell.lease().id());
        }

        /** Lets everything due expire; then store, model, replay and log must be the same. */
        void finish() {
            while (store.sweep(model.now(), TopicStore.MAX_SWEEP) > 0) {
                takeExpiries();
            }
            Page all = store.read(Selection.first("", Limits.MAX_PAGE), model.now());
            assertThat(fed).hasSize(seen);
            comparePage(Selection.first("", Limits.MAX_PAGE), all);
            assertThat(all.entries()).extracting(Entry::key).containsExactlyElementsOf(replay.keySet());
            assertThat(all.entries())
                    .extracting(Entry::version)
                    .containsExactlyElementsOf(
                            replay.values().stream().map(Change::version).toList());
            assertThat(store.history(Version.ABSENT, 10_000)).isEqualTo(new History.Changes(changes(), store.head()));
        }
    }
}
