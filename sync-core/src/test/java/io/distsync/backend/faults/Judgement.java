package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.Versioned;
import io.distsync.backend.Change;
import io.distsync.backend.Entry;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.faults.Call.Doubt;
import io.distsync.backend.faults.FaultRun.Addition;
import io.distsync.backend.faults.FaultRun.Node;
import io.distsync.backend.faults.LedgerModel.Input;
import io.distsync.backend.faults.LedgerModel.Output;
import io.distsync.backend.faults.LedgerModel.Stored;
import io.distsync.codec.Codec;
import io.distsync.error.DeadlineExceededException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.testsupport.history.LinearizabilityChecker;
import io.distsync.testsupport.history.Operation;
import io.distsync.testsupport.history.Verdict;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Holds what callers and listeners of a run were told against what the store has kept. Everything it finds is a broken
 * promise.
 */
final class Judgement {

    /**
     * What a fault leaves.
     *
     * @param state whether the server kept everything it did
     * @param acknowledged whether it kept at least what was acknowledged
     * @param log whether it kept the log from its beginning
     * @param resets whether listeners may be reset
     * @param away whether the server was away for longer than calls wait
     * @param doubts why an outcome may be unknown, apart from that
     */
    record Kept(boolean state, boolean acknowledged, boolean log, boolean resets, boolean away, Set<Doubt> doubts) {

        static final Kept ALL = new Kept(true, true, true, false, false, Set.of());

        Kept awayForLong() {
            return new Kept(state, acknowledged, log, resets, true, doubts);
        }

        Kept withoutLog() {
            return new Kept(state, acknowledged, false, true, away, doubts);
        }

        Kept withoutState() {
            return new Kept(false, false, false, true, away, doubts);
        }

        Kept acknowledgedOnly() {
            return new Kept(false, true, log, true, away, doubts);
        }

        Kept doubts(Doubt first, Doubt... others) {
            return new Kept(state, acknowledged, log, resets, away, EnumSet.of(first, others));
        }
    }

    /** What can be broken. */
    enum Promise {
        APPLIED_ONCE,
        NOT_APPLIED_IS_NOT_APPLIED,
        ACKNOWLEDGED_IS_KEPT,
        LISTENERS_CONVERGE,
        NO_SILENT_GAP,
        VERSIONS_NAME_ONE_CONTENT,
        LINEARIZABLE,
        FAILURES_HAVE_A_REASON
    }

    private record Logged(Version version, @Nullable Ledger ledger) {}

    private static final int PAGE = 1_000;
    private static final int SHOWN = 5;

    private final FaultRun run;
    private final Kept kept;
    private final Map<Promise, List<String>> broken = new TreeMap<>();
    private final Map<String, Ledger> contents = new HashMap<>();
    private final List<Call> calls;
    private final List<Addition> additions;

    private Judgement(FaultRun run, Kept kept) {
        this.run = run;
        this.kept = kept;
        this.calls = run.calls();
        this.additions = run.additions();
    }

    /** Lets the run settle, judges it, and fails if a promise was broken; returns a line about what happened. */
    static String of(FaultRun run, Kept kept) {
        run.stop();
        try (SyncBackend store = run.observer()) {
            settle(run, store);
            Judgement judgement = new Judgement(run, kept);
            judgement.judge(store);
            assertThat(judgement.report()).as("broken promises").isEmpty();
            return judgement.summary();
        }
    }

    // --- settling ---------------------------------------------------------------------------------------------------

    /** Waits until every replica and every listener holds what the store holds. */
    private static void settle(FaultRun run, SyncBackend store) {
        await("listeners converge")
                .atMost(FaultRun.PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(diverged(run, store)).isEmpty());
    }

    private static List<String> diverged(FaultRun run, SyncBackend store) {
        List<String> diverged = new ArrayList<>();
        for (String topic : topics()) {
            Page page = get(store.read(topic, Selection.keys("")));
            Versioned<Ledger> stored = page.entries().isEmpty()
                    ? new Versioned<>(Ledger.EMPTY, Version.ABSENT, false)
                    : versioned(page.entries().get(0));
            for (Node node : run.nodes()) {
                if (!node.handle(topic).status().isCurrent()) {
                    diverged.add(node + ", " + topic + " is not current");
                }
                compare(node + ", " + topic, node.handle(topic).versioned(), stored, diverged);
                for (Witness witness : node.witnesses(topic)) {
                    compare(witness.name(), witness.last(), stored, diverged);
                }
            }
        }
        Map<String, Long> sums = sums(store);
        for (Node node : run.nodes()) {
            if (!node.sums().equals(sums) || !node.sumsWitness().sums().equals(sums)) {
                diverged.add(node + ": sums are " + sums + ", but the replica holds " + node.sums()
                        + ", and its listener was told " + node.sumsWitness().sums());
            }
        }
        return diverged;
    }

    private static void compare(String who, Versioned<Ledger> held, Versioned<Ledger> stored, List<String> diverged) {
        boolean same = held.present() == stored.present() && (!held.present() || held.equals(stored));
        if (!same) {
            diverged.add(who + " holds " + held + ", the store " + stored);
        }
    }

    // --- judging ----------------------------------------------------------------------------------------------------

    private void judge(SyncBackend store) {
        for (String topic : topics()) {
            List<Logged> log = log(store, topic);
            judgeCalls(topic, log);
            for (Node node : run.nodes()) {
                node.witnesses(topic).forEach(witness -> judgeListener(topic, witness, log));
            }
            if (kept.state()) {
                judgeHistory(topic, log);
            }
        }
        judgeCounts(store);
        judgeSums(store);
        judgeFailures();
    }

    private void judgeCalls(String topic, List<Logged> log) {
        Map<String, Version> applied = new HashMap<>();
        for (Logged change : log) {
            note(topic, change.version(), change.ledger());
            if (change.ledger() != null) {
                Version before = applied.put(change.ledger().by(), change.version());
                if (before != null) {
                    breaks(Promise.APPLIED_ONCE, change.ledger().by() + " as " + before + " and " + change.version());
                }
            }
        }
        Set<String> told = new HashSet<>(applied.keySet());
        for (Node node : run.nodes()) {
            for (Witness witness : node.witnesses(topic)) {
                witness.told().forEach(each -> {
                    if (each instanceof Witness.Told.Change change) {
                        told.add(change.state().value().by());
                    }
                });
            }
        }
        for (Call call : calls) {
            if (!call.topic().equals(topic) || call.id().isEmpty()) {
                continue;
            }
            if (call.version() != null
                    && kept.acknowledged()
                    && kept.log()
                    && !call.version().equals(applied.get(call.id()))) {
                breaks(
                        Promise.ACKNOWLEDGED_IS_KEPT,
                        call.id() + " was acknowledged as " + call.version() + ", the log has "
                                + applied.get(call.id()));
            }
            if (call.failure() instanceof NotAppliedException && told.contains(call.id())) {
                breaks(Promise.NOT_APPLIED_IS_NOT_APPLIED, call + " but the log has " + applied.get(call.id()));
            }
            if (call.version() != null && call.operation().output() instanceof Stored stored) {
                note(topic, call.version(), stored.ledger());
            }
        }
    }

    /** A version names one content, wherever it was seen. */
    private void note(String topic, Version version, @Nullable Ledger ledger) {
        Ledger content = ledger == null ? Ledger.EMPTY : ledger;
        Ledger before = contents.putIfAbsent(topic + " " + version, content);
        if (before != null && !before.equals(content)) {
            breaks(Promise.VERSIONS_NAME_ONE_CONTENT, topic + " " + version + ": " + before + " and " + content);
        }
    }

    private void judgeListener(String topic, Witness witness, List<Logged> log) {
        Set<Version> logged = new HashSet<>();
        log.forEach(change -> logged.add(change.version()));
        Version last = Version.ABSENT;
        Version at = Version.ABSENT;
        boolean loose = !witness.isEarly();
        for (Witness.Told told : witness.told()) {
            if (told instanceof Witness.Told.Change change) {
                Version version = change.state().version();
                note(topic, version, change.state().present() ? change.state().value() : null);
                if (!version.isNewerThan(at) || (!loose && version.revision() != at.revision() + 1)) {
                    breaks(Promise.NO_SILENT_GAP, witness.name() + ": " + version + " after " + at);
                }
                if (kept.state() && kept.log() && !logged.contains(version)) {
                    breaks(Promise.NO_SILENT_GAP, witness.name() + ": " + version + " is not in the log");
                }
                last = version;
                at = version;
                loose = false;
            } else {
                Witness.Told.Reset reset = (Witness.Told.Reset) told;
                if (!reset.from().equals(last)) {
                    breaks(Promise.NO_SILENT_GAP, witness.name() + ": " + reset + " after " + last);
                }
                if (!kept.resets()) {
                    breaks(Promise.NO_SILENT_GAP, witness.name() + ": " + reset + " though nothing was lost");
                }
                last = reset.current().version();
                at = reset.to();
                loose = reset.to().isAbsent(); // an absent state has no version of its own
            }
        }
        for (Throwable error : witness.errors()) {
            breaks(Promise.NO_SILENT_GAP, witness.name() + ": " + error);
        }
    }

    private void judgeHistory(String topic, List<Logged> log) {
        Map<String, Logged> applied = new HashMap<>();
        log.forEach(change -> {
            if (change.ledger() != null) {
                applied.put(change.ledger().by(), change);
            }
        });
        List<Operation<Input, Output>> history = new ArrayList<>();
        for (Call call : calls) {
            Operation<Input, Output> operation = call.operation();
            if (!call.topic().equals(topic)) {
                continue;
            }
            if (operation.output() != null) {
                history.add(operation);
            } else if (call.isUnknown() && (!kept.log() || call.id().isEmpty())) {
                history.add(operation);
            } else if (call.isUnknown()) {
                Logged change = applied.get(call.id());
                if (change != null) { // the log tells what the caller was not told
                    history.add(Operation.answered(
                            operation.process(),
                            operation.input(),
                            new Stored(true, change.version().revision(), Objects.requireNonNull(change.ledger())),
                            operation.called(),
                            Long.MAX_VALUE - 1));
                }
            }
        }
        Verdict verdict = new LinearizabilityChecker<>(new LedgerModel()).check(history);
        if (!verdict.isLinearizable()) {
            breaks(Promise.LINEARIZABLE, topic + ": " + verdict);
        }
    }

    /** The counters of a topic that is only ever updated. */
    private void judgeCounts(SyncBackend store) {
        List<Entry> entries =
                get(store.read(FaultRun.LEDGER, Selection.keys(""))).entries();
        Map<String, Long> counts =
                entries.isEmpty() ? Map.of() : versioned(entries.get(0)).value().counts();
        Map<String, Integer> acknowledged = new LinkedHashMap<>();
        Map<String, Integer> unknown = new LinkedHashMap<>();
        for (Call call : calls) {
            if (call.topic().equals(FaultRun.LEDGER)) {
                acknowledged.merge(call.worker(), call.isAcknowledged() ? 1 : 0, Integer::sum);
                unknown.merge(call.worker(), call.isUnknown() ? 1 : 0, Integer::sum);
            }
        }
        acknowledged.forEach((worker, times) -> judgeCount(
                "counter of " + worker,
                counts.getOrDefault(worker, 0L),
                times,
                times + unknown.getOrDefault(worker, 0)));
    }

    private void judgeSums(SyncBackend store) {
        Map<String, Long> sums = sums(store);
        Map<String, Integer> acknowledged = new LinkedHashMap<>();
        Map<String, Integer> unknown = new LinkedHashMap<>();
        Map<String, Long> highest = new HashMap<>();
        for (Addition addition : additions) {
            acknowledged.merge(addition.worker(), addition.sum() == null ? 0 : 1, Integer::sum);
            unknown.merge(
                    addition.worker(), addition.failure() instanceof OutcomeUnknownException ? 1 : 0, Integer::sum);
            Long sum = addition.sum();
            if (sum != null) {
                Long before = highest.put(addition.worker(), sum);
                if (kept.acknowledged() && before != null && sum <= before) {
                    breaks(Promise.ACKNOWLEDGED_IS_KEPT, addition + " after a sum of " + before);
                }
            }
        }
        acknowledged.forEach((worker, times) -> judgeCount(
                "sum of " + worker, sums.getOrDefault(worker, 0L), times, times + unknown.getOrDefault(worker, 0)));
        for (Node node : run.nodes()) {
            node.sumsWitness().gaps().forEach(gap -> breaks(Promise.NO_SILENT_GAP, gap));
            if (!kept.resets() && node.sumsWitness().resets() > 0) {
                breaks(Promise.NO_SILENT_GAP, node.sumsWitness() + " was reset though nothing was lost");
            }
        }
    }

    private void judgeCount(String what, long count, int least, int most) {
        if (count > most) {
            breaks(Promise.APPLIED_ONCE, what + " is " + count + " after at most " + most);
        }
        if (kept.acknowledged() && count < least) {
            breaks(Promise.ACKNOWLEDGED_IS_KEPT, what + " is " + count + " after " + least);
        }
    }

    private void judgeFailures() {
        calls.forEach(
                call -> judgeFailure(call.failure(), call.took(), !call.topic().equals(FaultRun.LEDGER), call));
        additions.forEach(addition -> judgeFailure(addition.failure(), addition.took(), false, addition));
    }

    private void judgeFailure(@Nullable Throwable failure, Duration took, boolean deletes, Object who) {
        if (failure == null) {
            return;
        }
        boolean late = kept.away() && took.compareTo(run.setting().timeout()) >= 0;
        boolean explained;
        if (failure instanceof OutcomeUnknownException unknown) {
            Doubt doubt = Doubt.of(unknown);
            explained = doubt == Doubt.DEADLINE
                    ? late
                    : doubt != null && kept.doubts().contains(doubt) && (doubt != Doubt.ABSENCE || deletes);
        } else {
            explained = failure instanceof DeadlineExceededException && late;
        }
        if (!explained) {
            breaks(Promise.FAILURES_HAVE_A_REASON, who.toString());
        }
    }

    private void breaks(Promise promise, String how) {
        broken.computeIfAbsent(promise, absent -> new ArrayList<>()).add(how);
    }

    // --- report -----------------------------------------------------------------------------------------------------

    private List<String> report() {
        List<String> lines = new ArrayList<>();
        broken.forEach((promise, how) -> {
            lines.add(promise + ": " + how.size() + " times");
            how.stream().limit(SHOWN).forEach(each -> lines.add("    " + each));
        });
        return lines;
    }

    private String summary() {
        long unknown = calls.stream().filter(Call::isUnknown).count()
                + additions.stream()
                        .filter(addition -> addition.failure() instanceof OutcomeUnknownException)
                        .count();
        long refused = calls.stream()
                        .filter(call -> call.failure() instanceof NotAppliedException)
                        .count()
                + additions.stream()
                        .filter(addition -> addition.failure() instanceof NotAppliedException)
                        .count();
        int faults =
                run.nodes().stream().mapToInt(node -> node.proxy().faults()).sum();
        int resets = run.nodes().stream().mapToInt(Node::resets).sum();
        return calls.size() + additions.size() + " calls, " + run.acknowledged() + " writes acknowledged, " + refused
                + " not applied, " + unknown + " unknown; " + faults + " faults of connections; " + resets
                + " resets; promises broken: " + broken.size();
    }

    // --- the store --------------------------------------------------------------------------------------------------

    static List<String> topics() {
        List<String> topics = new ArrayList<>(FaultRun.MIXED);
        topics.add(FaultRun.LEDGER);
        return topics;
    }

    /** What the log of a topic holds. */
    static List<Change> changes(SyncBackend store, String topic) {
        List<Change> all = new ArrayList<>();
        Version position = Version.ABSENT;
        while (true) {
            History history = get(store.history(topic, position, PAGE));
            if (history instanceof History.Gone gone) {
                assertThat(all).as("the log was trimmed while it was read").isEmpty();
                position = gone.oldest();
                continue;
            }
            List<Change> page = ((History.Changes) history).changes();
            if (page.isEmpty()) {
                return all;
            }
            all.addAll(page);
            position = page.get(page.size() - 1).version();
        }
    }

    private static List<Logged> log(SyncBackend store, String topic) {
        return changes(store, topic).stream()
                .map(change -> new Logged(
                        change.version(),
                        change.payload() == null
                                ? null
                                : change.payload().value(Codec.json().format(Ledger.class))))
                .toList();
    }

    private static Map<String, Long> sums(SyncBackend store) {
        Map<String, Long> sums = new HashMap<>();
        get(store.read(FaultRun.SUMS, Selection.first("", PAGE)))
                .entries()
                .forEach(entry -> sums.put(entry.key(), entry.payload().integer()));
        return sums;
    }

    private static Versioned<Ledger> versioned(Entry entry) {
        return new Versioned<>(entry.payload().value(Codec.json().format(Ledger.class)), entry.version(), true);
    }

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(FaultRun.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
