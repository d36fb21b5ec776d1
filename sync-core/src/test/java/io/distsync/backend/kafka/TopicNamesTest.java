package io.distsync.backend.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class TopicNamesTest {

    @Test
    void ordinaryNamesAreThemselves() {
        TopicNames names = new TopicNames("", Set.of("app_state", "room:42", "a/b.c-d"));

        assertThat(names.of("app_state")).isEqualTo("stream_app_state");
        assertThat(names.of("room:42")).isEqualTo("stream_room_x3A_42");
        assertThat(names.of("a/b.c-d")).isEqualTo("stream_a_x2F_b.c-d");
        assertThat(names.of("room:43")).as("not declared").isEqualTo("stream_shared");
        assertThat(names.all())
                .containsExactly("stream_a_x2F_b.c-d", "stream_app_state", "stream_room_x3A_42", "stream_shared");
    }

    @Test
    void prefixComesFirst() {
        TopicNames names = new TopicNames("shop:", Set.of("state"));

        assertThat(names.of("state")).isEqualTo("shop_x3A_stream_state");
        assertThat(names.of("other")).isEqualTo("shop_x3A_stream_shared");
    }

    @Test
    void topicNamedSharedDoesNotGetTheSharedTopic() {
        TopicNames names = new TopicNames("", Set.of("shared"));

        assertThat(names.of("shared")).isEqualTo("stream__x73_hared");
        assertThat(names.of("other")).isEqualTo("stream_shared");
        assertThat(unescaped("_x73_hared")).isEqualTo("shared");
    }

    @Test
    void nameThatIsTooLongForKafkaIsRefused() {
        String topic = ":".repeat(60);

        assertThatThrownBy(() -> new TopicNames("", Set.of(topic)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has 307 characters")
                .hasMessageContaining("at most 249");
        assertThatThrownBy(() -> new TopicNames("", Set.of("no topic"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void everyNameCanBeReadBackAndIsOneKafkaTakes(@ForAll("topics") String topic) {
        String escaped = TopicNames.escaped(topic);

        assertThat(escaped).matches("[A-Za-z0-9._-]+");
        assertThat(unescaped(escaped)).isEqualTo(topic);
    }

    private static String unescaped(String name) {
        return Pattern.compile("_x([0-9A-F]{2})_")
                .matcher(name)
                .replaceAll(
                        match -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 16))));
    }

    /** Much of what looks like an escape. */
    @Provide
    Arbitrary<String> topics() {
        return Arbitraries.of("_", "x", "3", "A", "5", "F", ":", "/", "_x3A_", "_x5F_", "a", ".", "-")
                .list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .map(parts -> String.join("", parts));
    }
}
