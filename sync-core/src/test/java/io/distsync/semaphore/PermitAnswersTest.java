package io.distsync.semaphore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.Mutation;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.error.NotAppliedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A store that falls silent between two of its answers. */
@Timeout(60)
class PermitAnswersTest {

    private static final Duration LEASE = Duration.ofDays(1);

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    @Test
    @DisplayName("P7: a store that falls silent after the join is told as well")
    void storeThatIsSilentAfterTheJoinEndsTheWait() {
        try (LocalSyncBackend store = LocalSyncBackend.create();
                SilentAfterJoin silent = new SilentAfterJoin(store);
                SyncService service = SyncService.builder(silent)
                        .timeout(Duration.ofMinutes(5))
                        .shutdownGrace(Duration.ZERO)
                        .build();
                SyncSemaphores semaphores =
                        SyncSemaphores.builder(service).lease(LEASE).build()) {

            assertThatThrownBy(() -> semaphores.semaphore("x", 1).tryAcquire(Duration.ZERO))
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("'x'");

            silent.speak();
        }
    }

    /** Answers a join, and what comes after it only when it may. */
    private static final class SilentAfterJoin extends DelegatingBackend {

        private final CompletableFuture<Void> spoken = new CompletableFuture<>();
        private volatile boolean joined;

        SilentAfterJoin(SyncBackend backend) {
            super(backend);
        }

        void speak() {
            spoken.complete(null);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            CompletionStage<CommitResult> result = super.commit(commit);
            if (joined) {
                return result.thenCombine(spoken, (committed, now) -> committed);
            }
            joined = commit.mutations().stream().anyMatch(Mutation.PutSequential.class::isInstance);
            return result;
        }
    }
}
