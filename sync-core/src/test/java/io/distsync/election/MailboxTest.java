package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = new VirtualTime();
    private final Mailbox mailbox = new Mailbox(time);
    private final List<String> ran = new ArrayList<>();

    @Test
    void whateverATaskThrowsTheNextOneRuns() {
        mailbox.post(() -> {
            mailbox.post(() -> ran.add("posted meanwhile"));
            throw new LinkageError("by a task");
        });
        mailbox.post(() -> ran.add("posted later"));
        assertThat(ran).containsExactly("posted meanwhile", "posted later");
    }

    @Test
    void whatIsPostedLaterRunsWhenItsTimeHasCome() {
        mailbox.post(() -> mailbox.postLater(SECOND, () -> ran.add("later")));
        assertThat(ran).isEmpty();
        time.advance(SECOND);
        assertThat(ran).containsExactly("later");
    }

    @Test
    void anAlarmThatIsCancelledOnItsWayDoesNotRing() {
        List<Mailbox.Alarm> set = new ArrayList<>();
        mailbox.post(() -> set.add(mailbox.postLater(SECOND, () -> ran.add("never"))));
        mailbox.post(() -> {
            time.advance(SECOND); // posts it behind this task
            set.get(0).cancel();
        });
        assertThat(ran).isEmpty();
    }

    @Test
    void alarmsThatAreCancelledTogetherAreNotPendingAnyMore() {
        mailbox.post(() -> {
            mailbox.postLater(SECOND, () -> ran.add("never"));
            mailbox.postLater(SECOND, () -> ran.add("never"));
            mailbox.cancelAlarms();
        });
        assertThat(time.pendingTasks()).isZero();
        time.advance(SECOND);
        assertThat(ran).isEmpty();
    }
}
