package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Entry;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One topic whose history goes where the test wants it to: it can be trimmed, rewound and carried on in a new epoch.
 * Reads are answered at once, or wait until the test answers or fails them, in any order.
 */
final class ScriptedTopic {

    private final List<Change> log = new ArrayList<>();
    private final NavigableMap<String, Entry> entries = new TreeMap<>();
    private final List<Pending<?>> pending = new ArrayList<>();
    private int trimmed;
    private long epoch = 1;
    private long requests;
    private boolean answersAtOnce = true;
    private int readsAsked;
    private int payloadBytes;

    /** Commits; a key that begins with {@code -} is deleted, any other is written. */
    synchronized List<Change> commit(String... mutations) {
        List<Change> commit = new ArrayList<>();
        requests++;
        for (int i = 0; i < mutations.length; i++) {
            boolean delete = mutations[i].startsWith("-");
            String key = delete ? mutations[i].substring(1) : mutations[i];
            Version before = head();
            Version version = new Version(
                    epoch, before.revision() + 1, link(before.link(), epoch, before.revision() + 1, requests));
            Entry entry = entries.get(key);
            Change change = new Change(
                    version,
                    before.link(),
                    key,
                    entry == null ? Version.ABSENT : entry.version(),
                    delete ? null : payload(),
                    delete ? Change.Cause.DELETE : Change.Cause.WRITE,
                    new RequestId(1, requests),
                    i,
                    mutations.length);
            log.add(change);
            apply(change);
            commit.add(change);
        }
        return List.copyOf(commit);
    }

    /** What is written from now on has payloads of this size. */
    synchronized void payloadBytes(int size) {
        payloadBytes = size;
    }

    synchronized Version head() {
        return log.isEmpty() ? Version.ABSENT : log.get(log.size() - 1).version();
    }

    synchronized int size() {
        return log.size();
    }

    /** The whole log, what was trimmed included. */
    synchronized List<Change> log() {
        return List.copyOf(log);
    }

    /** Forgets all but the given number of changes, on a commit boundary. */
    synchronized void trimTo(int changes) {
        int cut = Math.max(trimmed, log.size() - changes);
        while (cut > 0 && !log.get(cut - 1).endsCommit()) {
            cut--;
        }
        trimmed = Math.max(trimmed, cut);
    }

    /** Goes back to an earlier length, on a commit boundary, as if the rest had never happened. */
    synchronized void rewindTo(int size) {
        int length = size;
        while (length > 0 && length < log.size() && !log.get(length - 1).endsCommit()) {
            length--;
        }
        while (log.size() > length) {
            log.remove(log.size() - 1);
        }
        trimmed = Math.min(trimmed, log.size());
        entries.clear();
        log.forEach(this::apply);
    }

    /** The next change opens a new epoch. */
    synchronized void openEpoch() {
        epoch++;
    }

    synchronized Map<String, Version> versions() {
        Map<String, Version> versions = new TreeMap<>();
        entries.forEach((key, entry) -> versions.put(key, entry.version()));
        return versions;
    }

    synchronized Page readNow(Selection selection) {
        if (selection instanceof Selection.Keys keys) {
            List<Entry> found = new ArrayList<>();
            keys.keys().stream().filter(entries::containsKey).forEach(key -> found.add(entries.get(key)));
            return new Page(head(), found, false);
        }
        Selection.Range range = (Selection.Range) selection;
        String after = range.after();
        List<Entry> rest = new ArrayList<>((after == null ? entries : entries.tailMap(after, false)).values());
        boolean more = rest.size() > range.limit();
        return new Page(head(), more ? rest.subList(0, range.limit()) : rest, more);
    }

    synchronized History historyNow(Version after, int limit) {
        int from = log.size();
        while (from > 0 && !log.get(from - 1).version().equals(after)) {
            from--;
        }
        if (from == 0 && !after.isAbsent()) {
            from = -1;
        }
        if (from < trimmed) {
            return new History.Gone(
                    trimmed == 0 ? Version.ABSENT : log.get(trimmed - 1).version(), head());
        }
        int to = Math.min(log.size(), from + limit);
        while (to > from && to < log.size() && !log.get(to - 1).endsCommit()) {
            to--;
        }
        while (to < log.size() && (to == from || !log.get(to - 1).endsCommit())) {
            to++;
        }
        return new History.Changes(log.subList(from, to), head());
    }

    // Reads as a follower sees them.

    CompletionStage<Page> read(Selection selection) {
        return answer("read", () -> readNow(selection));
    }

    CompletionStage<History> history(Version after, int limit) {
        return answer("history after " + after, () -> historyNow(after, limit));
    }

    /** From now on reads wait until the test deals with them. */
    synchronized void holdReads() {
        answersAtOnce = false;
    }

    /** From now on reads are answered at once; those that wait still do. */
    synchronized void answerReadsAtOnce() {
        answersAtOnce = true;
    }

    synchronized int pendingReads() {
        return pending.size();
    }

    /** How many reads were asked for so far. */
    synchronized int readsAsked() {
        return readsAsked;
    }

    /** Answers the oldest waiting read with what is there now. */
    void answerNext() {
        answerAt(0);
    }

    /** The store looks at its data now, but the answer is on its way until {@link #answerNext}. */
    synchronized void evaluateNext() {
        pending.get(0).evaluate();
    }

    void answerAt(int index) {
        Pending<?> next;
        synchronized (this) {
            next = pending.remove(index);
        }
        next.complete();
    }

    /** Fails the oldest waiting read. */
    void failNext() {
        Pending<?> next;
        synchronized (this) {
            next = pending.remove(0);
        }
        next.future.completeExceptionally(new IllegalStateException("scripted failure of " + next.what));
    }

    private <T> CompletionStage<T> answer(String what, Supplier<T> read) {
        synchronized (this) {
            readsAsked++;
            if (!answersAtOnce) {
                Pending<T> waiting = new Pending<>(what, read);
                pending.add(waiting);
                return waiting.future;
            }
        }
        return CompletableFuture.completedFuture(read.get());
    }

    private void apply(Change change) {
        Payload payload = change.payload();
        if (change.isTombstone() || payload == null) {
            entries.remove(change.key());
        } else {
            entries.put(change.key(), new Entry(change.key(), payload, change.version(), null));
        }
    }

    private Payload payload() {
        return payloadBytes == 0 ? Payload.ofInteger(requests) : Payload.ofBytes(new byte[payloadBytes]);
    }

    private static long link(long previous, long epoch, long revision, long request) {
        long hash = previous;
        for (long part : new long[] {epoch, revision, request}) {
            hash = (hash ^ part) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        return hash;
    }

    private static final class Pending<T> {

        private final String what;
        private final Supplier<T> read;
        private final CompletableFuture<T> future = new CompletableFuture<>();
        private @Nullable T evaluated;

        private Pending(String what, Supplier<T> read) {
            this.what = what;
            this.read = read;
        }

        private T evaluate() {
            if (evaluated == null) {
                evaluated = read.get();
            }
            return evaluated;
        }

        private void complete() {
            future.complete(evaluate());
        }
    }

    /** Versions by key, as a map that keeps the order in which they were put. */
    static Map<String, Version> versionsOf(List<Entry> entries) {
        Map<String, Version> versions = new LinkedHashMap<>();
        entries.forEach(entry -> versions.put(entry.key(), entry.version()));
        return versions;
    }
}
