package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class ReadCases {

    @Test
    @DisplayName("S32: pages of a large topic, read during writes, add up to a consistent state")
    void pagesReadDuringWritesAddUp(TopicUnderTest topic) {
        TopicUnderTest kept = topic.kept(TopicOptions.defaults().withRetention(TopicOptions.Retention.everything()));
        fillWithKeys(kept, 2_000);
        Random random = new Random(7);
        Map<String, Version> collected = new HashMap<>();
        Version first;

        try (Workers writer = Workers.repeat(i -> {
            String key = key(random.nextInt(2_200));
            kept.apply(i % 3 == 0 ? Mutation.delete(key) : putText(key, "new " + i), putText("zz", "" + i));
        })) {
            String after = null;
            Page page = kept.read(new Range("", after, 100, Order.ASCENDING));
            first = page.head();
            while (true) {
                for (Entry entry : page.entries()) {
                    collected.put(entry.key(), entry.version());
                    after = entry.key();
                }
                if (!page.more()) {
                    break;
                }
                page = kept.read(new Range("", after, 100, Order.ASCENDING));
            }
            writer.stop();
        }
        for (Change change : kept.log(first)) {
            Version held = collected.getOrDefault(change.key(), Version.ABSENT);
            if (change.version().isNewerThan(held)) {
                if (change.isTombstone()) {
                    collected.remove(change.key());
                } else {
                    collected.put(change.key(), change.version());
                }
            }
        }

        Map<String, Version> stored = new HashMap<>();
        kept.entries().forEach((key, entry) -> stored.put(key, entry.version()));
        assertThat(collected).isEqualTo(stored);
    }

    @Test
    @DisplayName("B30: keys are read in the order asked, as far as they exist")
    void keysAreReadInTheOrderAsked(TopicUnderTest topic) {
        Version head = topic.apply(put("a"), put("b"), put("c"));

        Page page = topic.read(Selection.keys("c", "x", "a"));

        assertThat(page.entries()).extracting(Entry::key).containsExactly("c", "a");
        assertThat(page.head()).isEqualTo(head);
        assertThat(page.more()).isFalse();
    }

    @Test
    @DisplayName("B30: nothing but the head is a selection too")
    void headAloneCanBeRead(TopicUnderTest topic) {
        Version head = topic.put("a", "1");

        assertThat(topic.read(Selection.none())).isEqualTo(new Page(head, List.of(), false));
    }

    @Test
    @DisplayName("B31: a range has a prefix, a beginning, a limit and a direction")
    void rangesAreCutAsAsked(TopicUnderTest topic) {
        topic.apply(put("a"), put("b/1"), put("b/2"), put("b/3"), put("b"), put("b0"), put("c"));

        assertRange(topic, new Range("b/", null, 10, Order.ASCENDING), false, "b/1", "b/2", "b/3");
        assertRange(topic, new Range("b/", null, 10, Order.DESCENDING), false, "b/3", "b/2", "b/1");
        assertRange(topic, new Range("b/", null, 2, Order.ASCENDING), true, "b/1", "b/2");
        assertRange(topic, new Range("b/", null, 2, Order.DESCENDING), true, "b/3", "b/2");
        assertRange(topic, new Range("b/", "b/1", 2, Order.ASCENDING), false, "b/2", "b/3");
        assertRange(topic, new Range("b/", "b/3", 1, Order.DESCENDING), true, "b/2");
        assertRange(topic, new Range("b/", "b/1x", 5, Order.ASCENDING), false, "b/2", "b/3");
        assertRange(topic, new Range("b/", "b/3", 5, Order.ASCENDING), false);
        assertRange(topic, new Range("b/", "b/1", 5, Order.DESCENDING), false);
        assertRange(topic, new Range("", null, 10, Order.ASCENDING), false, "a", "b", "b/1", "b/2", "b/3", "b0", "c");
        assertRange(topic, new Range("", null, 7, Order.DESCENDING), false, "c", "b0", "b/3", "b/2", "b/1", "b", "a");
        assertRange(topic, new Range("b/3/", null, 7, Order.ASCENDING), false);
    }

    @Test
    @DisplayName("B31: a beginning outside the prefix cuts nothing, or all")
    void beginningOutsideThePrefixIsHarmless(TopicUnderTest topic) {
        topic.apply(put("a"), put("b/1"), put("b/2"), put("c"));

        assertRange(topic, new Range("b/", "a", 5, Order.ASCENDING), false, "b/1", "b/2");
        assertRange(topic, new Range("b/", "c", 5, Order.ASCENDING), false);
        assertRange(topic, new Range("b/", "c", 5, Order.DESCENDING), false, "b/2", "b/1");
        assertRange(topic, new Range("b/", "a", 5, Order.DESCENDING), false);
    }

    @Test
    @DisplayName("B32: keys sort by their UTF-16 code units")
    void keysSortByCodeUnits(TopicUnderTest topic) {
        List<String> keys = new ArrayList<>(List.of(
                "",
                "\u0000",
                "A",
                "Z",
                "a",
                "a\u0000",
                "aa",
                "\u00e4",
                "\ud83d\ude00",
                "\ud83d\ude01",
                "\ufffd",
                "\uffff"));
        Collections.shuffle(keys, new Random(3));
        topic.apply(keys.stream().map(TopicUnderTest::put).toArray(Mutation[]::new));
        Collections.sort(keys);

        assertRange(topic, new Range("", null, 100, Order.ASCENDING), false, keys.toArray(String[]::new));
        assertRange(topic, new Range("", "\ufffd", 1, Order.DESCENDING), true, "\ud83d\ude01");
        assertRange(topic, new Range("\ud83d", null, 9, Order.DESCENDING), false, "\ud83d\ude01", "\ud83d\ude00");
        assertRange(topic, new Range("\uffff", null, 9, Order.DESCENDING), false, "\uffff");
    }

    @Test
    @DisplayName("B33: paging in either direction shows every entry once")
    void pagingShowsEveryEntryOnce(TopicUnderTest topic) {
        fillWithKeys(topic, 230);

        for (Order order : Order.values()) {
            List<String> seen = new ArrayList<>();
            Page page;
            do {
                page = topic.read(new Range("k", last(seen), 50, order));
                page.entries().forEach(entry -> seen.add(entry.key()));
                assertThat(page.entries().size())
                        .isEqualTo(
                                Math.min(50, 230 - seen.size() + page.entries().size()));
            } while (page.more());
            assertThat(seen).hasSize(230).doesNotHaveDuplicates();
            assertThat(seen)
                    .isSortedAccordingTo(order == Order.ASCENDING ? String::compareTo : Collections.reverseOrder());
        }
    }

    @Test
    @DisplayName("B34: a read is as new as every commit that was acknowledged before it")
    void readsSeeAcknowledgedCommits(TopicUnderTest topic) {
        try (Workers workers = Workers.start(4, worker -> {
            for (int i = 0; i < 100; i++) {
                Version written = topic.put("k" + worker, "" + i);
                Page page = topic.read(Selection.keys("k" + worker));
                assertThat(page.head().compareTo(written)).isNotNegative();
                assertThat(page.entries().get(0).version()).isEqualTo(written);
            }
        })) {
            workers.join();
        }

        assertThat(topic.head().revision()).isEqualTo(400);
    }

    private static void fillWithKeys(TopicUnderTest topic, int count) {
        for (int from = 0; from < count; from += Limits.MAX_MUTATIONS) {
            List<Mutation> mutations = new ArrayList<>();
            for (int i = from; i < Math.min(count, from + Limits.MAX_MUTATIONS); i++) {
                mutations.add(put(key(i)));
            }
            topic.apply(mutations.toArray(Mutation[]::new));
        }
    }

    private static String key(int i) {
        return String.format("k%05d", i);
    }

    private static @Nullable String last(List<String> keys) {
        return keys.isEmpty() ? null : keys.get(keys.size() - 1);
    }

    private static void assertRange(TopicUnderTest topic, Range range, boolean more, String... keys) {
        Page page = topic.read(range);
        assertThat(page.entries()).as("%s", range).extracting(Entry::key).containsExactly(keys);
        assertThat(page.more()).as("more behind %s", range).isEqualTo(more);
    }
}
