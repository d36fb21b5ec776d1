package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.TopicOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TopicTest {

    @Test
    void theAnnotationNamesTheTopic() {
        Topic<Named> topic = Topic.of(Named.class);
        assertThat(topic.name()).isEqualTo("named:topic");
        assertThat(topic.type()).isEqualTo(Named.class);
        assertThat(topic.conflated()).isTrue();
        assertThat(topic.options()).isEqualTo(TopicOptions.defaults());
    }

    @Test
    void aNoArgumentConstructorOfAnyVisibilityMakesTheInitialValue() {
        assertThat(Topic.of(Named.class).initial()).isEqualTo(new Named(3));
        assertThat(Topic.of(Bare.class).initial()).isNull();
        assertThat(Topic.of("explicit", Named.class).initial())
                .as("an explicit topic says for itself")
                .isNull();
    }

    @Test
    void aFailingConstructorIsReportedWithItsCause() {
        Topic<Failing> topic = Topic.of(Failing.class);
        assertThatThrownBy(topic::initial)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(Failing.class.getName())
                .hasRootCauseMessage("mine");
    }

    @Test
    void theInitialValueIsMadeOnEachUse() {
        AtomicInteger made = new AtomicInteger();
        Topic<Integer> topic = Topic.of("counted", Integer.class).withInitial(made::incrementAndGet);
        assertThat(topic.initial()).isEqualTo(1);
        assertThat(topic.initial()).isEqualTo(2);
    }

    @Test
    @SuppressWarnings("NullAway") // breaking the contract is the point
    void aNullInitialValueIsRefused() {
        Topic<Counter> topic = Topic.of("null", Counter.class).withInitial(() -> null);
        assertThatThrownBy(topic::initial)
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("'null'");
    }

    @Test
    void aTypeWithoutAnnotationIsRefusedWithAWayOut() {
        assertThatThrownBy(() -> Topic.of(Counter.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("@SyncTopic")
                .hasMessageContaining("Topic.of(name, Counter.class)");
    }

    @Test
    void aBadNameIsRefused() {
        assertThatThrownBy(() -> Topic.of("a b", Counter.class)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Topic.of(BadlyNamed.class)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theWithMethodsChangeOneThing() {
        Topic<Counter> plain = Topic.of("topic", Counter.class);
        Topic<Counter> changed = plain.withConflation()
                .withKeysOnlyLog()
                .withIdleExpiry(Duration.ofMinutes(1))
                .withRetention(TopicOptions.Retention.changes(5_000))
                .withInitial(() -> Counter.ZERO);
        assertThat(changed.name()).isEqualTo("topic");
        assertThat(changed.conflated()).isTrue();
        assertThat(changed.options()).isEqualTo(new TopicOptions(TopicOptions.Retention.changes(5_000), false, 60_000));
        assertThat(changed.initial()).isEqualTo(Counter.ZERO);
        assertThat(plain.conflated()).isFalse();
        assertThat(plain.options()).isEqualTo(TopicOptions.defaults());
        assertThat(plain.initial()).isNull();
    }

    @Test
    void aTopicServesOthersThatAreKeptTheSameWay() {
        Topic<Counter> topic = Topic.of("topic", Counter.class);
        assertThat(topic.serves(Topic.of("topic", Counter.class))).isTrue();
        assertThat(topic.serves(Topic.of("other", Counter.class))).isFalse();
        assertThat(topic.serves(Topic.of("topic", String.class))).isFalse();
        assertThat(topic.serves(topic.withConflation())).isFalse();
        assertThat(topic.serves(topic.withKeysOnlyLog())).isFalse();
    }

    @Test
    void aTopicWithoutInitialValueDoesNotServeOneThatReliesOnIt() {
        Topic<Counter> bare = Topic.of("topic", Counter.class);
        Topic<Counter> started = bare.withInitial(() -> Counter.ZERO);
        assertThat(bare.serves(started)).isFalse();
        assertThat(started.serves(bare)).isTrue();
        assertThat(started.serves(bare.withInitial(() -> Counter.ZERO))).isTrue();
    }

    @Test
    void limitsOfTheOptionsAreChecked() {
        Topic<Counter> topic = Topic.of("topic", Counter.class);
        assertThatThrownBy(() -> topic.withIdleExpiry(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TopicOptions.Retention.changes(255))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256");
        assertThatThrownBy(() -> TopicOptions.Retention.age(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void textNamesTopicAndType() {
        assertThat(Topic.of("topic", Counter.class)).hasToString("Topic[topic, io.distsync.Counter]");
    }

    @SyncTopic(value = "named:topic", conflated = true)
    private record Named(int value) {
        private Named() {
            this(3);
        }
    }

    @SyncTopic("bare")
    private record Bare(int value) {}

    @SyncTopic("failing")
    private static final class Failing {
        private Failing() {
            throw new IllegalArgumentException("mine");
        }
    }

    @SyncTopic("bad name")
    private record BadlyNamed(int value) {}
}
