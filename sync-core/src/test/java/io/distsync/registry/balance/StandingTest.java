package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StandingTest {

    private static final long BASE = Duration.ofSeconds(10).toNanos();
    private static final OutlierOptions OPTIONS =
            OutlierOptions.defaults().withEjection(Duration.ofSeconds(10), Duration.ofSeconds(35));

    @Test
    void eachEjectionIsLongerUpToTheMaximum() {
        Standing standing = Standing.GOOD;
        long now = Long.MAX_VALUE - BASE; // the monotonic clock may overflow
        for (int seconds : new int[] {10, 20, 30, 35, 35}) {
            standing = standing.eject(now, OPTIONS);
            assertThat(standing.untilNanos() - now)
                    .isEqualTo(Duration.ofSeconds(seconds).toNanos());
            assertThat(standing.isOver(standing.untilNanos() - 1)).isFalse();
            assertThat(standing.isOver(standing.untilNanos())).isTrue();
            now = standing.untilNanos();
            standing = standing.returned();
        }
    }

    @Test
    void anEjectionIsForgottenForEachBaseTimeSince() {
        Standing twice =
                Standing.GOOD.eject(0, OPTIONS).returned().eject(BASE, OPTIONS).returned();
        long until = twice.untilNanos();
        assertThat(twice.eject(until + BASE - 1, OPTIONS).ejections()).isEqualTo(3);
        assertThat(twice.eject(until + BASE, OPTIONS).ejections()).isEqualTo(2);
        assertThat(twice.eject(until + 2 * BASE, OPTIONS).ejections()).isEqualTo(1);
        assertThat(twice.isGood(until + BASE, OPTIONS)).isFalse();
        assertThat(twice.isGood(until + 2 * BASE, OPTIONS)).isTrue();
        assertThat(twice.eject(until + 100 * BASE, OPTIONS).ejections()).isEqualTo(1);
    }

    @Test
    void aSuccessEndsARowOfFailures() {
        Standing standing = Standing.GOOD.failed().failed();
        assertThat(standing.failures()).isEqualTo(2);
        assertThat(standing.succeeded()).isEqualTo(Standing.GOOD);
    }
}
