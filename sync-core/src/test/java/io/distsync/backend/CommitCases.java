package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change.Cause;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class CommitCases {

    @Test
    @DisplayName("B58: the version foreseen for each mutation is the one it gets")
    void foreseenVersions(TopicUnderTest topic) {
        Version head = topic.put("a", "0");
        for (int round = 0; round < 5; round++) {
            Commit commit = topic.request(List.of(), putText("a", "1"), putText("b", "2"), putText("a", "3"));
            List<Version> foreseen = foreseen(topic, head, commit);

            Committed committed = topic.committed(commit);

            assertThat(versions(committed)).isEqualTo(foreseen);
            head = committed.head();
        }
    }

    @Test
    @DisplayName("B58: a commit that does not follow the head it was foreseen for gets other versions")
    void versionsThatDoNotComeTrue(TopicUnderTest topic) {
        Version head = topic.put("a", "0");
        Commit commit = topic.request(List.of(), putText("a", "1"), putText("b", "2"));
        List<Version> foreseen = foreseen(topic, head, commit);
        Version another = topic.put("c", "0");

        Committed committed = topic.committed(commit);

        assertThat(versions(committed)).doesNotContainAnyElementsOf(foreseen);
        assertThat(versions(committed)).isEqualTo(foreseen(topic, another, commit));
        assertThat(foreseen).as("nor has what came in between").doesNotContain(another);
    }

    @Test
    @DisplayName("B59: headers come with the change of their mutation, to followers, in history and in the answer")
    void headersTravel(TopicUnderTest topic) {
        topic.put("before", "1");
        try (RecordingFollower follower = topic.follow(topic.head(), Scope.log())) {
            List<Map<String, String>> none = List.of();
            Map<String, String> trace =
                    Map.of("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            Map<String, String> odd = Map.of("a name=,&", "ä \n,&=%", "empty", "");
            List<Commit> commits = List.of(
                    TopicUnderTest.with(List.of(trace), topic.request(List.of(), putText("", "1"))),
                    TopicUnderTest.with(none, topic.request(List.of(), putText("", "2"))),
                    TopicUnderTest.with(
                            List.of(Map.of(), odd), topic.request(List.of(), putText("", "3"), putText("", "4"))),
                    TopicUnderTest.with(List.of(trace), topic.request(List.of(), putText("", "x".repeat(4_000)))),
                    TopicUnderTest.with(
                            List.of(odd, trace, Map.of(), trace),
                            topic.request(
                                    List.of(),
                                    Mutation.delete("missing"),
                                    putText("a", "1"),
                                    Mutation.add("sum", 1),
                                    Mutation.delete("a"))),
                    TopicUnderTest.with(List.of(odd), topic.request(List.of(), leasedSequential("q/"))),
                    TopicUnderTest.with(List.of(trace), topic.request(List.of(), leasedSequential("q/"))));
            List<Map<String, String>> told = new ArrayList<>();
            Version head = Version.ABSENT;
            for (Commit commit : commits) {
                Committed committed = topic.committed(commit);
                head = committed.head();
                for (int i = 0; i < commit.mutations().size(); i++) {
                    Change change = committed.outcome(i);
                    if (change != null) {
                        assertThat(change.headers()).isEqualTo(commit.headers(i));
                        told.add(change.headers());
                    }
                }
            }

            follower.awaitAt(head);

            assertThat(follower.changes().stream().map(Change::headers)).containsExactlyElementsOf(told);
            List<Change> log = topic.log(Version.ABSENT);
            assertThat(log.subList(log.size() - told.size(), log.size()).stream()
                            .map(Change::headers))
                    .containsExactlyElementsOf(told);
            assertThat(topic.send(commits.get(0)))
                    .as("a repeat")
                    .isInstanceOfSatisfying(
                            Committed.class,
                            again -> assertThat(Objects.requireNonNull(again.outcome(0))
                                            .headers())
                                    .isEqualTo(trace));
        }
    }

    private static Mutation leasedSequential(String prefix) {
        return Mutation.putSequential(
                prefix, TopicUnderTest.payload("me"), LeaseRule.set("lease", Duration.ofMinutes(10)));
    }

    @Test
    @DisplayName("B59: a topic that logs keys without payloads has headers all the same")
    void headersOfAKeysOnlyLog(TopicUnderTest topic) {
        TopicUnderTest keysOnly = topic.kept(TopicOptions.defaults().withLogPayloads(false));
        Map<String, String> headers = Map.of("traceparent", "00-1-2-01");
        keysOnly.committed(TopicUnderTest.with(List.of(headers), keysOnly.request(List.of(), putText("", "1"))));
        keysOnly.committed(TopicUnderTest.with(List.of(headers), keysOnly.request(List.of(), putText("", "2"))));

        assertThat(keysOnly.log(Version.ABSENT)).hasSize(2).allSatisfy(change -> {
            assertThat(change.payload()).isNull();
            assertThat(change.headers()).isEqualTo(headers);
        });
    }

    private static List<Version> foreseen(TopicUnderTest topic, Version head, Commit commit) {
        return IntStream.range(0, commit.mutations().size())
                .mapToObj(i -> Objects.requireNonNull(topic.client().foresee(head, commit, i)))
                .toList();
    }

    private static List<Version> versions(Committed committed) {
        return IntStream.range(0, committed.outcomes().size())
                .mapToObj(i -> Objects.requireNonNull(committed.outcome(i)).version())
                .toList();
    }

    @Test
    @DisplayName("B6: each mutation uses one revision, in order, and its change says all of itself")
    void eachMutationIsOneChange(TopicUnderTest topic) {
        Version before = topic.put("a", "0");
        Commit commit = topic.request(List.of(), putText("a", "1"), putText("b", "2"), Mutation.delete("a"));

        Committed committed = topic.committed(commit);

        Change first = Objects.requireNonNull(committed.outcome(0));
        Change second = Objects.requireNonNull(committed.outcome(1));
        Change third = Objects.requireNonNull(committed.outcome(2));
        assertThat(first)
                .isEqualTo(new Change(
                        first.version(),
                        before.link(),
                        "a",
                        before,
                        TopicUnderTest.payload("1"),
                        Cause.WRITE,
                        commit.request(),
                        0,
                        3));
        assertThat(second)
                .isEqualTo(new Change(
                        second.version(),
                        first.version().link(),
                        "b",
                        Version.ABSENT,
                        TopicUnderTest.payload("2"),
                        Cause.WRITE,
                        commit.request(),
                        1,
                        3));
        assertThat(third)
                .isEqualTo(new Change(
                        third.version(),
                        second.version().link(),
                        "a",
                        first.version(),
                        null,
                        Cause.DELETE,
                        commit.request(),
                        2,
                        3));
        assertThat(committed.head()).isEqualTo(third.version());
        assertThat(topic.log(before)).containsExactly(first, second, third);
    }

    @Test
    @DisplayName("B7: a commit whose check fails changes nothing at all")
    void failedCommitChangesNothing(TopicUnderTest topic) {
        topic.put("a", "kept");
        Version head = topic.put("b", "kept");

        Conflict conflict = topic.conflict(
                List.of(Check.exists("a"), Check.absent("b")),
                putText("a", "lost"),
                putText("c", "lost"),
                Mutation.delete("b"));

        assertThat(conflict.head()).isEqualTo(head);
        assertThat(topic.head()).isEqualTo(head);
        assertThat(topic.entries()).containsOnlyKeys("a", "b");
        assertThat(topic.text("a")).isEqualTo("kept");
        assertThat(topic.log(head)).isEmpty();
    }

    @Test
    @DisplayName("B8: readers and followers never see half of a commit")
    void commitOfSeveralKeysIsAtomic(TopicUnderTest topic) {
        topic.apply(putText("a", "0"), putText("b", "0"));
        AtomicBoolean done = new AtomicBoolean();

        try (RecordingFollower follower = topic.followEntries();
                Workers workers = Workers.start(3, worker -> {
                    for (int i = 1; worker == 0 && i <= 200; i++) {
                        topic.apply(putText("a", "" + i), putText("b", "" + i));
                    }
                    done.compareAndSet(false, worker == 0);
                    while (!done.get()) {
                        List<Entry> both = topic.read(Selection.keys("a", "b")).entries();
                        assertThat(both.get(0).payload()).isEqualTo(both.get(1).payload());
                    }
                })) {
            workers.join();
            follower.awaitAt(topic.head()).verifyHolds(topic);
        }
    }

    @Test
    @DisplayName("B9: deleting an absent key has no effect and uses no revision")
    void deleteOfAnAbsentKeyHasNoEffect(TopicUnderTest topic) {
        Version head = topic.put("a", "1");

        Committed alone = topic.committed(List.of(), Mutation.delete("b"));
        Committed among = topic.committed(List.of(), Mutation.delete("b"), put("c"), Mutation.delete("d"), put("e"));

        assertThat(alone.outcomes()).containsExactly((Change) null);
        assertThat(alone.head()).isEqualTo(head);
        assertThat(among.outcome(0)).isNull();
        assertThat(among.outcome(2)).isNull();
        assertThat(topic.log(head)).containsExactly(among.outcome(1), among.outcome(3));
        assertThat(topic.log(head)).extracting(Change::index).containsExactly(0, 1);
        assertThat(topic.log(head)).extracting(Change::count).containsExactly(2, 2);
    }

    @Test
    @DisplayName("B9: deleting twice in one commit deletes once")
    void secondDeleteInOneCommitHasNoEffect(TopicUnderTest topic) {
        Version head = topic.put("a", "1");

        Committed committed = topic.committed(List.of(), Mutation.delete("a"), Mutation.delete("a"));

        assertThat(committed.outcome(0)).isNotNull();
        assertThat(committed.outcome(1)).isNull();
        assertThat(topic.log(head)).containsExactly(committed.outcome(0));
    }

    @Test
    @DisplayName("B10: a put writes even an equal value")
    void equalValueIsWritten(TopicUnderTest topic) {
        Version first = topic.put("a", "same");
        Version second = topic.put("a", "same");

        assertThat(second.revision()).isEqualTo(first.revision() + 1);
        assertThat(topic.version("a")).isEqualTo(second);
    }

    @Test
    @DisplayName("B11: the selection is read in the same step, after the mutations")
    void selectionSeesTheMutations(TopicUnderTest topic) {
        topic.apply(put("a"), put("b"));

        Committed committed = topic.committed(
                topic.request(List.of(), Selection.first("", 10), Mutation.delete("a"), putText("b", "new"), put("c")));

        assertThat(committed.selected().head()).isEqualTo(committed.head());
        assertThat(committed.selected().entries()).extracting(Entry::key).containsExactly("b", "c");
        assertThat(TopicUnderTest.text(committed.selected().entries().get(0).payload()))
                .isEqualTo("new");
    }

    @Test
    @DisplayName("B11: a conflict carries the selection too")
    void conflictCarriesTheSelection(TopicUnderTest topic) {
        topic.apply(put("a"), put("b"), put("c"));

        Conflict conflict = topic.conflict(
                topic.request(List.of(Check.absent("a")), Selection.keys("c", "nothing", "b"), put("d")));

        assertThat(conflict.selected().entries()).extracting(Entry::key).containsExactly("c", "b");
        assertThat(conflict.selected().head()).isEqualTo(conflict.head());
    }

    @Test
    @DisplayName("B12: topics are independent of each other")
    void topicsAreIndependent(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest other = store.topic("other");
        topic.apply(put("a"), put("b"));

        Version first = other.put("a", "elsewhere");

        assertThat(first.revision()).isEqualTo(1);
        assertThat(other.log(Version.ABSENT)).hasSize(1);
        assertThat(topic.text("a")).isEqualTo("value of a");
        assertThat(topic.head().revision()).isEqualTo(2);
    }

    @Test
    @DisplayName("B13: payloads and keys come back as they were given")
    void payloadsAndKeysComeBack(TopicUnderTest topic) {
        byte[] everyByte = new byte[256];
        for (int i = 0; i < everyByte.length; i++) {
            everyByte[i] = (byte) i;
        }
        List<String> keys = List.of(
                "",
                " ",
                "a/b:c{d}*?[e]",
                "\u00e4\u20ac\ud83d\ude00",
                "\u0000\n\r",
                "0",
                "x".repeat(Limits.MAX_KEY_LENGTH));
        List<Mutation> mutations = new ArrayList<>();
        keys.forEach(key -> mutations.add(Mutation.put(key, Payload.ofBytes(everyByte.clone()))));
        mutations.add(Mutation.put("empty", Payload.ofBytes(new byte[0])));
        mutations.add(Mutation.put("text", Payload.ofBytes("{\"a\":1}".getBytes(StandardCharsets.UTF_8))));

        Version before = topic.head();
        topic.apply(mutations.toArray(Mutation[]::new));

        assertThat(topic.entries().keySet()).containsAll(keys);
        assertThat(topic.read(Selection.keys(keys)).entries())
                .extracting(Entry::key)
                .isEqualTo(keys);
        assertThat(topic.read(Selection.keys(keys)).entries())
                .allSatisfy(entry -> assertThat(entry.payload().bytes()).isEqualTo(everyByte));
        assertThat(topic.text("empty")).isEmpty();
        assertThat(topic.log(before)).extracting(Change::key).startsWith(keys.toArray(String[]::new));
    }

    @Test
    @DisplayName("B14: an object payload is the same value for every reader")
    void objectPayloadsComeBack(TopicUnderTest topic) {
        PayloadFormat<Integer> format = new PayloadFormat<>() {
            @Override
            public byte[] encode(Integer value) {
                return Integer.toString(value).getBytes(StandardCharsets.US_ASCII);
            }

            @Override
            public Integer decode(byte[] bytes) {
                return Integer.valueOf(new String(bytes, StandardCharsets.US_ASCII));
            }

            @Override
            public boolean accepts(Object value) {
                return value instanceof Integer;
            }
        };

        topic.apply(Mutation.put("a", Payload.of(4711, format)));

        Entry entry = Objects.requireNonNull(topic.entry("a"));
        Change change = topic.log(Version.ABSENT).get(0);
        assertThat(entry.payload().value(format)).isEqualTo(4711);
        assertThat(Objects.requireNonNull(change.payload()).value(format)).isEqualTo(4711);
    }

    @Test
    @DisplayName("B15: a topic nobody wrote is empty, at the absent version")
    void unwrittenTopicIsEmpty(TopicUnderTest topic) {
        Page page = topic.read(Selection.first("", 10));

        assertThat(page.head().isAbsent()).isTrue();
        assertThat(page.entries()).isEmpty();
        assertThat(page.more()).isFalse();
        assertThat(topic.history(Version.ABSENT, 10)).isEqualTo(new History.Changes(List.of(), Version.ABSENT));
    }
}
