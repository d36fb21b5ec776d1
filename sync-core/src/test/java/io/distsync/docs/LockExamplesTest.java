package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of docs/locks.md. */
class LockExamplesTest {

    private final SyncService service = SyncService.local();
    private final List<String> done = new ArrayList<>();

    @AfterEach
    void close() {
        service.close();
    }

    private String ship(String order) {
        done.add(order);
        return order;
    }

    private String read(String what) {
        return what;
    }

    private void write(String what) {
        done.add(what);
    }

    @Test
    void scoped() {
        SyncLocks locks = SyncLocks.using(service);
        String shipped = locks.withLock("order:42", Duration.ofSeconds(5), grant -> ship("42"));

        assertThat(done).containsExactly(shipped);
        locks.close();
    }

    @Test
    void ifFree() {
        try (SyncLocks locks = SyncLocks.using(service)) {
            Optional<LockGrant> free = locks.tryLock("report", Duration.ZERO);
            free.ifPresent(grant -> {
                try (grant) {
                    write("report");
                }
            });
            assertThat(done).containsExactly("report");
        }
    }

    @Test
    void options() {
        LockOptions options =
                LockOptions.defaults().withLease(Duration.ofSeconds(10)).withMaximumHold(Duration.ofMinutes(5));
        try (SyncLocks locks = SyncLocks.using(service);
                LockGrant grant = locks.tryLock("x", Duration.ZERO, options).orElseThrow()) {
            assertThat(grant.remaining()).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(10));
        }
    }

    @Test
    void shared() {
        SyncLocks locks = SyncLocks.using(service);
        LockOptions reading = LockOptions.defaults().shared();
        String read = locks.withLock("catalogue", Duration.ofSeconds(5), reading, grant -> read("catalogue"));

        assertThat(read).isEqualTo("catalogue");
        locks.close();
    }

    @Test
    void fence() {
        SyncMap<String> map = service.map(Topic.of("orders", String.class));
        try (SyncLocks locks = SyncLocks.using(service);
                LockGrant grant = locks.tryLock("order:42", Duration.ZERO).orElseThrow()) {
            CommitOutcome<String> written = map.commit(
                    commit -> commit.fence("order:42", grant.token().version()).put("state", "shipped"));
            if (!written.isCommitted()) {
                // somebody was granted the lock later, and has written already
            }
            assertThat(written.isCommitted()).isTrue();
        }
    }
}
