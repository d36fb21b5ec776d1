package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HealthTest {

    private static final HealthCheckOptions OPTIONS =
            HealthCheckOptions.defaults().withThresholds(2, 3);

    private static Health after(Health health, boolean... successes) {
        Health now = health;
        for (boolean success : successes) {
            now = now.after(success, OPTIONS);
        }
        return now;
    }

    @Test
    void nothingIsKnownAtFirstAndOneSuccessIsEnough() {
        Health unknown = Health.unknown(OPTIONS);
        assertThat(unknown.up()).isFalse();
        assertThat(after(unknown, true).up()).isTrue();
    }

    @Test
    void afterAFailureAllSuccessesAreNeeded() {
        Health unknown = Health.unknown(OPTIONS);
        assertThat(after(unknown, false, true).up()).isFalse();
        assertThat(after(unknown, false, true, true).up()).isTrue();
    }

    @Test
    void failuresInARowTurnItDown() {
        Health up = new Health(true, 0);
        assertThat(after(up, false, false).up()).isTrue();
        assertThat(after(up, false, false, true, false, false).up()).isTrue();
        assertThat(after(up, false, false, false).up()).isFalse();
    }

    @Test
    void successesInARowTurnItUp() {
        Health down = new Health(false, 0);
        assertThat(after(down, true, false, true).up()).isFalse();
        assertThat(after(down, true, true).up()).isTrue();
    }
}
