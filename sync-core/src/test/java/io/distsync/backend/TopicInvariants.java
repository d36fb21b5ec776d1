package io.distsync.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.version.Version;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What holds for every topic at every moment: one unbroken chain of changes, and a state that is their result. */
final class TopicInvariants {

    private TopicInvariants() {}

    static void verify(TopicUnderTest topic) {
        Version before;
        Version oldest;
        Map<String, Entry> entries;
        List<Change> log;
        do {
            // Reading expires what is due, so the first reads may move the head themselves.
            before = topic.head();
            entries = topic.entries();
            oldest = topic.oldest();
            log = topic.log(oldest);
        } while (!topic.head().equals(before));

        verifyChain(topic.name(), oldest, log);
        if (!log.isEmpty()) {
            assertThat(before)
                    .as("head of %s", topic.name())
                    .isEqualTo(log.get(log.size() - 1).version());
        }
        verifyState(topic.name(), oldest, log, entries);
    }

    /** Revisions grow by one, each change links to the one before it, and commits are whole. */
    static void verifyChain(String topic, Version oldest, List<Change> log) {
        Version previous = oldest;
        int expectedIndex = 0;
        for (Change change : log) {
            String what = topic + ": " + change;
            Version version = change.version();
            if (version.epoch() == previous.epoch()) {
                assertThat(version.revision())
                        .as("revision grows by one, %s", what)
                        .isEqualTo(previous.revision() + 1);
            } else {
                assertThat(version.isNewerThan(previous))
                        .as("epoch grows, %s", what)
                        .isTrue();
            }
            assertThat(change.previousLink())
                    .as("link to the change before, %s", what)
                    .isEqualTo(previous.link());
            assertThat(change.index()).as("place in its commit, %s", what).isEqualTo(expectedIndex);
            assertThat(change.previous())
                    .as("previous version of the key, %s", what)
                    .isNotEqualTo(version);
            expectedIndex = change.endsCommit() ? 0 : expectedIndex + 1;
            previous = version;
        }
        assertThat(expectedIndex)
                .as("log of %s ends with a whole commit", topic)
                .isZero();
    }

    /** Replaying the log gives the entries it names; what it does not name is older than it. */
    static void verifyState(String topic, Version oldest, List<Change> log, Map<String, Entry> entries) {
        Map<String, Change> last = new HashMap<>();
        for (Change change : log) {
            Change earlier = last.put(change.key(), change);
            if (earlier != null) {
                assertThat(change.previous())
                        .as("previous version of the key in %s: %s", topic, change)
                        .isEqualTo(earlier.isTombstone() ? Version.ABSENT : earlier.version());
            } else {
                assertThat(change.previous().isNewerThan(oldest))
                        .as("previous version of the key before the log of %s: %s", topic, change)
                        .isFalse();
            }
        }
        last.forEach((key, change) -> {
            Entry entry = entries.get(key);
            assertThat(entry == null)
                    .as("entry '%s' of %s is absent after %s", key, topic, change)
                    .isEqualTo(change.isTombstone());
            if (entry == null) {
                return;
            }
            assertThat(entry.version()).as("entry '%s' of %s", key, topic).isEqualTo(change.version());
            if (change.payload() != null) {
                assertThat(entry.payload()).as("entry '%s' of %s", key, topic).isEqualTo(change.payload());
            }
        });
        entries.forEach((key, entry) -> {
            if (!last.containsKey(key)) {
                assertThat(entry.version().isNewerThan(oldest))
                        .as("entry '%s' of %s is not in the log, yet newer than its beginning", key, topic)
                        .isFalse();
            }
        });
    }
}
