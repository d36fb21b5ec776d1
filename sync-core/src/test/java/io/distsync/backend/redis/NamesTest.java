package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.version.Limits;
import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;

class NamesTest {

    private static final Names CLUSTER = new Names("shop:", true, 0, true);
    private static final Names SINGLE = new Names("", false, 3, false);

    @Property
    void topicIsReadBackFromItsChannel(@ForAll("topics") String topic) {
        assertThat(CLUSTER.topicOf(CLUSTER.channel(topic))).isEqualTo(topic);
        assertThat(SINGLE.topicOf(SINGLE.channel(topic))).isEqualTo(topic);
    }

    @Property
    void otherChannelsAreOfNoTopicThatIsOurs(@ForAll @StringLength(max = 30) String channel) {
        assertThat(CLUSTER.topicOf(channel).length()).isLessThanOrEqualTo(channel.length());
    }

    @Property
    void keysOfATopicAreInOneSlot(@ForAll("topics") String topic) {
        assertThat(Arrays.stream(CLUSTER.keys(topic)).map(SlotHash::getSlot)).containsOnly(CLUSTER.slot(topic));
    }

    @Property
    void topicsShareNothingButWhatLooksAfterThem(@ForAll("topics") String one, @ForAll("topics") String other) {
        List<String> shared = texts(CLUSTER.keys(one));
        shared.retainAll(texts(CLUSTER.keys(other)));

        if (one.equals(other)) {
            assertThat(shared).hasSize(9);
        } else {
            assertThat(shared).allMatch(name -> name.matches("shop:(due|floor|outbox):\\{[0-9a-z]+}"));
        }
    }

    private static List<String> texts(byte[][] names) {
        return new ArrayList<>(Arrays.stream(names)
                .map(name -> new String(name, StandardCharsets.US_ASCII))
                .toList());
    }

    /** Some of which look like names of ours. */
    @Provide
    static Arbitrary<String> topics() {
        Arbitrary<String> any = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('A', 'Z')
                .numeric()
                .withChars("._-:/")
                .ofMinLength(1)
                .ofMaxLength(Limits.MAX_TOPIC_LENGTH);
        return Arbitraries.oneOf(any, Arbitraries.of("due", "kv:t", "t", "watch:", "floor", "keys:a", "a", "-", ":"));
    }
}
