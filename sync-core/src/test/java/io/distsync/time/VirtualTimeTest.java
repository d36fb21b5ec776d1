package io.distsync.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {

    private final VirtualTime time = new VirtualTime();
    private final List<String> ran = new ArrayList<>();

    @Test
    void timeStandsStillUntilItIsMoved() {
        long nanos = time.nanos();
        long millis = time.epochMillis();

        time.advance(Duration.ofSeconds(3));

        assertThat(time.nanos() - nanos).isEqualTo(3_000_000_000L);
        assertThat(time.epochMillis() - millis).isEqualTo(3_000);
    }

    @Test
    void dueTasksRunInOrderEachAtItsOwnTime() {
        long start = time.nanos();
        time.schedule(() -> ran.add("b" + (time.nanos() - start)), Duration.ofNanos(20));
        time.schedule(() -> ran.add("a" + (time.nanos() - start)), Duration.ofNanos(10));
        time.schedule(() -> ran.add("c" + (time.nanos() - start)), Duration.ofNanos(20));
        time.schedule(() -> ran.add("late"), Duration.ofNanos(31));

        time.advance(Duration.ofNanos(30));

        assertThat(ran).containsExactly("a10", "b20", "c20");
        assertThat(time.pendingTasks()).isEqualTo(1);
    }

    @Test
    void taskScheduledByATaskRunsInTheSameStepIfDue() {
        time.schedule(() -> time.schedule(() -> ran.add("inner"), Duration.ofNanos(5)), Duration.ofNanos(5));

        time.advance(Duration.ofNanos(10));

        assertThat(ran).containsExactly("inner");
    }

    @Test
    void cancelledTaskDoesNotRun() {
        time.schedule(() -> ran.add("x"), Duration.ofNanos(5)).cancel();

        time.advance(Duration.ofNanos(10));

        assertThat(ran).isEmpty();
    }

    @Test
    void nothingRunsAfterClose() {
        time.schedule(() -> ran.add("before"), Duration.ofNanos(5));
        time.close();
        time.schedule(() -> ran.add("after"), Duration.ofNanos(5));

        assertThat(time.advanceToNextTask()).isFalse();
        assertThat(ran).isEmpty();
    }

    @Test
    void advanceToNextTaskMovesNoFurther() {
        long start = time.nanos();
        time.schedule(() -> ran.add("x"), Duration.ofNanos(7));
        time.schedule(() -> ran.add("y"), Duration.ofNanos(8));

        assertThat(time.advanceToNextTask()).isTrue();

        assertThat(ran).containsExactly("x");
        assertThat(time.nanos() - start).isEqualTo(7);
    }

    @Test
    void timeDoesNotRunBackwards() {
        assertThatIllegalArgumentException().isThrownBy(() -> time.advance(Duration.ofNanos(-1)));
    }
}
