package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxTest {

    @Test
    void whateverATaskThrowsTheNextOneRuns() {
        Mailbox mailbox = new Mailbox();
        List<String> ran = new ArrayList<>();
        mailbox.post(() -> {
            mailbox.post(() -> ran.add("posted meanwhile"));
            throw new LinkageError("by a task");
        });
        mailbox.post(() -> ran.add("posted later"));
        assertThat(ran).containsExactly("posted meanwhile", "posted later");
    }
}
