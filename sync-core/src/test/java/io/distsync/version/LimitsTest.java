package io.distsync.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "room:42", "A/b_c.d-9", "0"})
    void topicNamesOfTheAllowedCharactersPass(String name) {
        assertThat(Limits.checkTopic(name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "{a}", "a\n", "ä", "a\u0000", "a*", "a\\", "\ud83d\ude00"})
    void otherCharactersAreRefusedAndNamed(String name) {
        assertThatThrownBy(() -> Limits.checkTopic(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index")
                .hasMessageContaining("A-Z a-z 0-9 . _ - : /")
                .message()
                .as("control characters do not reach the log")
                .matches("[ -~]*");
    }

    @Test
    void topicNamesHaveOneTo200Characters() {
        assertThat(Limits.checkTopic("x".repeat(200))).hasSize(200);
        assertThatThrownBy(() -> Limits.checkTopic("x".repeat(201)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("201")
                .hasMessageContaining("200")
                .message()
                .hasSizeLessThan(200);
        assertThatThrownBy(() -> Limits.checkTopic(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
    }

    @Test
    void keysHaveUpTo1024CharactersOfAnyKind() {
        assertThat(Limits.checkKey("")).isEmpty();
        assertThat(Limits.checkKey(" ü{}\n")).isEqualTo(" ü{}\n");
        assertThat(Limits.checkKey("k".repeat(1_024))).hasSize(1_024);
        assertThatThrownBy(() -> Limits.checkKey("k".repeat(1_025)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1025")
                .hasMessageContaining("1024");
    }

    @Test
    void leasesLastFromAMillisecondToAYear() {
        assertThat(Limits.checkLease(Duration.ofMillis(1))).isEqualTo(1);
        assertThat(Limits.checkLease(Duration.ofDays(365))).isEqualTo(365L * 24 * 3_600_000);
        for (Duration wrong : new Duration[] {
            Duration.ZERO,
            Duration.ofSeconds(-1),
            Duration.ofNanos(999_999),
            Duration.ofDays(365).plusNanos(1),
            Duration.ofSeconds(Long.MAX_VALUE)
        }) {
            assertThatThrownBy(() -> Limits.checkLease(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong.toString());
        }
    }
}
