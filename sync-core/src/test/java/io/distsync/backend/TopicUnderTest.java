package io.distsync.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One topic as a case sees it: short forms of the five operations, with texts for payloads. Safe to share. */
final class TopicUnderTest {

    private final StoreUnderTest store;
    private final SyncBackend client;
    private final String name;
    private final TopicOptions options;
    private final Requests requests;

    TopicUnderTest(StoreUnderTest store, SyncBackend client, String name) {
        this(store, client, name, TopicOptions.defaults(), new Requests());
    }

    private TopicUnderTest(
            StoreUnderTest store, SyncBackend client, String name, TopicOptions options, Requests requests) {
        this.store = store;
        this.client = client;
        this.name = name;
        this.options = options;
        this.requests = requests;
    }

    String name() {
        return name;
    }

    SyncBackend client() {
        return client;
    }

    /** The same topic, kept in another way by the commits to come. */
    TopicUnderTest kept(TopicOptions how) {
        return new TopicUnderTest(store, client, name, how, requests);
    }

    /** The same topic, retaining as little as can be. */
    TopicUnderTest keptShort() {
        return kept(options.withRetention(TopicOptions.Retention.changes(Limits.MAX_MUTATIONS)));
    }

    /** The same topic through another client. */
    TopicUnderTest through(SyncBackend other) {
        return new TopicUnderTest(store, other, name, options, requests);
    }

    // --- commits ----------------------------------------------------------------------------------------------------

    /** A commit not yet sent, by a sender who knows all that was answered so far. */
    Commit request(List<Check> checks, Mutation... mutations) {
        return request(checks, Selection.none(), mutations);
    }

    Commit request(List<Check> checks, Selection selection, Mutation... mutations) {
        return new Commit(name, requests.next(), requests.known(), checks, List.of(mutations), selection, options);
    }

    /** The commit with headers, for each mutation. */
    static Commit with(List<Map<String, String>> headers, Commit commit) {
        return new Commit(
                commit.topic(),
                commit.request(),
                commit.known(),
                commit.checks(),
                commit.mutations(),
                commit.selection(),
                commit.options(),
                headers);
    }

    CommitResult send(Commit commit) {
        CommitResult result = Answers.answer(client.commit(commit));
        requests.learn(result.head());
        return result;
    }

    CommitResult commit(List<Check> checks, Mutation... mutations) {
        return send(request(checks, mutations));
    }

    CommitResult.Committed committed(List<Check> checks, Mutation... mutations) {
        return committed(request(checks, mutations));
    }

    CommitResult.Committed committed(Commit commit) {
        CommitResult result = send(commit);
        assertThat(result).isInstanceOf(CommitResult.Committed.class);
        return (CommitResult.Committed) result;
    }

    CommitResult.Conflict conflict(List<Check> checks, Mutation... mutations) {
        return conflict(request(checks, mutations));
    }

    CommitResult.Conflict conflict(Commit commit) {
        CommitResult result = send(commit);
        assertThat(result).isInstanceOf(CommitResult.Conflict.class);
        return (CommitResult.Conflict) result;
    }

    /** Applies mutations without checks and returns the version of the last change. */
    Version apply(Mutation... mutations) {
        return committed(List.of(), mutations).head();
    }

    Version put(String key, String text) {
        return apply(Mutation.put(key, payload(text)));
    }

    Version put(String key, String text, String lease, Duration ttl) {
        return apply(leased(key, text, lease, ttl));
    }

    Version delete(String key) {
        return apply(Mutation.delete(key));
    }

    /** Makes at least this many changes of keys no case looks at; returns the version of the last one. */
    Version fill(long changes) {
        Version last = head();
        for (long left = changes; left > 0; left -= 100) {
            Mutation[] mutations = new Mutation[100];
            for (int i = 0; i < mutations.length; i++) {
                mutations[i] = Mutation.put("filler-" + i, payload("f" + left));
            }
            last = apply(mutations);
        }
        return last;
    }

    /** Makes so many changes that everything up to now is forgotten. */
    Version forget() {
        return fill(store.fixture().forgottenAfter(options.retention().changes()));
    }

    // --- reads ------------------------------------------------------------------------------------------------------

    Page read(Selection selection) {
        Page page = Answers.answer(client.read(name, selection));
        requests.learn(page.head());
        return page;
    }

    Version head() {
        return read(Selection.none()).head();
    }

    @Nullable
    Entry entry(String key) {
        List<Entry> entries = read(Selection.keys(key)).entries();
        return entries.isEmpty() ? null : entries.get(0);
    }

    @Nullable
    String text(String key) {
        Entry entry = entry(key);
        return entry == null ? null : text(entry.payload());
    }

    /** The version of the entry, absent if there is none. */
    Version version(String key) {
        Entry entry = entry(key);
        return entry == null ? Version.ABSENT : entry.version();
    }

    /** All entries, read in pages. */
    Map<String, Entry> entries() {
        Map<String, Entry> entries = new TreeMap<>();
        String after = null;
        Page page;
        do {
            page = read(new Selection.Range("", after, Limits.MAX_PAGE, Selection.Order.ASCENDING));
            for (Entry entry : page.entries()) {
                entries.put(entry.key(), entry);
                after = entry.key();
            }
        } while (page.more());
        return entries;
    }

    // --- log --------------------------------------------------------------------------------------------------------

    History history(Version after, int limit) {
        return Answers.answer(client.history(name, after, limit));
    }

    /** The position from which the log can be read. */
    Version oldest() {
        return history(Version.ABSENT, 1) instanceof History.Gone gone ? gone.oldest() : Version.ABSENT;
    }

    /** All changes after a position; fails if they are gone. */
    List<Change> log(Version after) {
        List<Change> changes = new ArrayList<>();
        Version position = after;
        while (true) {
            History page = history(position, 500);
            assertThat(page).as("history after %s", position).isInstanceOf(History.Changes.class);
            List<Change> more = ((History.Changes) page).changes();
            if (more.isEmpty()) {
                return changes;
            }
            changes.addAll(more);
            position = changes.get(changes.size() - 1).version();
        }
    }

    // --- feed -------------------------------------------------------------------------------------------------------

    RecordingFollower follow(Version after, Scope scope) {
        return follow(after, scope, event -> {});
    }

    /** Follows with a reaction to each event, run inside the callback. */
    RecordingFollower follow(Version after, Scope scope, RecordingFollower.Reaction reaction) {
        RecordingFollower follower = new RecordingFollower(name, after, scope, reaction);
        store.opened(follower);
        follower.subscribed(client.follow(name, after, scope, follower));
        return follower;
    }

    RecordingFollower followEntries() {
        return follow(Version.ABSENT, Scope.entries());
    }

    // --- payloads ---------------------------------------------------------------------------------------------------

    static Payload payload(String text) {
        return Payload.ofBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(Payload payload) {
        return new String(payload.bytes(), StandardCharsets.UTF_8);
    }

    static Mutation put(String key) {
        return Mutation.put(key, payload("value of " + key));
    }

    static Mutation putText(String key, String text) {
        return Mutation.put(key, payload(text));
    }

    static Mutation leased(String key, String text, String lease, Duration ttl) {
        return Mutation.put(key, payload(text), LeaseRule.set(lease, ttl));
    }

    Lease lease(String key, String id) {
        return new Lease(name, key, id);
    }

    /** Those of the leases that are gone. */
    List<Lease> keepAlive(Lease... leases) {
        return Answers.answer(client.keepAlive(List.of(leases)));
    }

    /** Request ids of one sender, and what that sender knows of the topic. */
    private static final class Requests {

        private final long sender = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
        private final AtomicLong sequence = new AtomicLong();
        private final AtomicReference<Version> known = new AtomicReference<>(Version.ABSENT);

        RequestId next() {
            return new RequestId(sender, sequence.incrementAndGet());
        }

        Version known() {
            return Objects.requireNonNull(known.get());
        }

        void learn(Version head) {
            known.accumulateAndGet(head, (before, now) -> now.isNewerThan(before) ? now : before);
        }
    }
}
