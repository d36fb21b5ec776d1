package io.distsync.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class VersionTest {

    @Test
    void isOrderedByEpochThenRevision() {
        List<Version> sorted = List.of(
                Version.ABSENT, new Version(0, 1, 9), new Version(1, 0, 5), new Version(1, 7, 3), new Version(2, 1, 1));
        assertThat(sorted).isSorted();
        for (int i = 0; i < sorted.size(); i++) {
            for (int j = 0; j < sorted.size(); j++) {
                assertThat(sorted.get(i).isNewerThan(sorted.get(j))).isEqualTo(i > j);
            }
        }
    }

    @Test
    void theLinkIsPartOfTheIdentityButNotOfTheOrder() {
        Version one = new Version(1, 2, 3);
        Version rewritten = new Version(1, 2, 4);
        assertThat(one).isNotEqualTo(rewritten).isEqualByComparingTo(rewritten);
        assertThat(one.isNewerThan(rewritten)).isFalse();
        assertThat(rewritten.isNewerThan(one)).isFalse();
    }

    @Test
    void absentIsOlderThanEverything() {
        assertThat(Version.ABSENT.isAbsent()).isTrue();
        assertThat(new Version(0, 0, 7).isAbsent()).isTrue();
        assertThat(new Version(1, 0, 0).isAbsent()).isFalse();
        assertThat(new Version(0, 1, 0).isNewerThan(Version.ABSENT)).isTrue();
    }

    @Test
    void negativeNumbersAreRefused() {
        assertThatThrownBy(() -> new Version(-1, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> new Version(0, -2, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-2");
        assertThat(new Version(0, 1, -3).link()).isEqualTo(-3);
    }

    @Test
    void textTellsAllThreeParts() {
        assertThat(new Version(17, 4, 255)).hasToString("17-4@ff");
        assertThat(Version.ABSENT).hasToString("absent");
    }
}
