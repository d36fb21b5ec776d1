package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.CasResult;
import io.distsync.SyncService;
import io.distsync.SyncTopic;
import io.distsync.Versioned;
import io.distsync.lock.LockGrant;
import io.distsync.lock.SyncLocks;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of docs/migration.md. */
class MigrationExamplesTest {

    private final SyncService service = SyncService.local();

    @SyncTopic("app_state")
    record AppState(long counter) {

        AppState() {
            this(0);
        }

        AppState plus(long by) {
            return new AppState(counter + by);
        }
    }

    @AfterEach
    void close() {
        service.close();
    }

    private static AppState fromTheOldPlace() {
        return new AppState(7);
    }

    @Test
    void stateIsTakenOverOnce() {
        service.optimisticUpdate(AppState.class, state -> state.plus(1));

        CasResult<AppState> taken = service.compareAndSet(AppState.class, Version.ABSENT, fromTheOldPlace());
        AppState present = taken.current().value();

        assertThat(taken.isCommitted()).isFalse();
        assertThat(present).isEqualTo(new AppState(1));
        service.delete(AppState.class);
        assertThat(service.compareAndSet(AppState.class, Version.ABSENT, fromTheOldPlace())
                        .current()
                        .value())
                .isEqualTo(new AppState(7));
    }

    @Test
    void byHand() {
        try (SyncLocks locks = SyncLocks.using(service)) {
            // GET, compute, SET, until nobody came between
            Versioned<AppState> counted = service.optimisticUpdate(AppState.class, state -> state.plus(1));

            // SET report:42 token NX PX 30000, and the script that gives it back
            Optional<LockGrant> free = locks.tryLock("report:42", Duration.ZERO);

            assertThat(counted.value().counter()).isEqualTo(1);
            assertThat(free).isPresent();
            free.orElseThrow().close();
        }
    }
}
