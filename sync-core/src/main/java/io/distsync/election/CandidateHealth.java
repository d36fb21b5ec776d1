package io.distsync.election;

import io.distsync.log.LogEvent;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a candidate is healthy: asks its check again and again, one call at a time. */
final class CandidateHealth {

    /*
     * Threads. All fields are the mailbox's; the check runs on a thread for code of users.
     */

    private static final Logger log = LoggerFactory.getLogger(CandidateHealth.class);

    private final SyncElections elections;
    private final Mailbox mailbox;
    private final BooleanSupplier check;
    private final Duration interval;
    private final Consumer<Boolean> result;
    private boolean running;
    private boolean stopped;

    CandidateHealth(
            SyncElections elections,
            Mailbox mailbox,
            BooleanSupplier check,
            Duration interval,
            Consumer<Boolean> result) {
        this.elections = elections;
        this.mailbox = mailbox;
        this.check = check;
        this.interval = interval;
        this.result = result;
    }

    /** Begins with the first check; results are told in the mailbox. */
    void begin() {
        if (stopped) {
            return;
        }
        mailbox.postLater(interval, this::begin);
        if (running) {
            result.accept(false);
        } else {
            running = elections.call(this::ask);
            if (!running) {
                result.accept(false);
            }
        }
    }

    void stop() {
        stopped = true;
    }

    private void ask() {
        boolean healthy = isHealthy();
        mailbox.post(() -> {
            running = false;
            if (!stopped) {
                result.accept(healthy);
            }
        });
    }

    private boolean isHealthy() {
        try {
            return check.getAsBoolean();
        } catch (Throwable e) {
            LogEvent.ELECTION_HEALTH_FAILED.on(log).setCause(e).log("a health check failed");
            return false;
        }
    }
}
