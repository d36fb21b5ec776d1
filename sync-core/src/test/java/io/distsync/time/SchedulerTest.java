package io.distsync.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void aGivenSchedulerStaysOpenWhenWhoeverWasGivenItCloses() {
        VirtualTime given = new VirtualTime();
        List<String> ran = new ArrayList<>();
        Scheduler scheduler = Scheduler.givenOrThreaded(given, "distsync-never-made");
        scheduler.schedule(() -> ran.add("due"), SECOND);
        scheduler.schedule(() -> ran.add("cancelled"), SECOND).cancel();
        scheduler.close();
        given.advance(SECOND);
        assertThat(ran).containsExactly("due");
    }
}
