package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

/** Many callers on one topic of a store whose answers come from another thread. */
@Timeout(120)
class PipelineStressTest {

    private static final int UPDATES = 2_000;

    @RepeatedTest(5)
    @DisplayName("S33: every update of 50 threads is applied once, with two commits under way")
    void everyUpdateOnce() throws Exception {
        RemoteBackend backend = new RemoteBackend(LocalSyncBackend.create());
        ExecutorService callers = Executors.newFixedThreadPool(50);
        try (SyncService service = SyncService.using(backend)) {
            Topic<Integer> topic = Topic.of("hot", Integer.class).withInitial(() -> 0);
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                all.add(callers.submit(() -> {
                    for (int j = 0; j < UPDATES; j++) {
                        service.optimisticUpdate(topic, value -> value + 1);
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
            assertThat(service.fetchLatest(topic).orElseThrow().value()).isEqualTo(50 * UPDATES);
            assertThat(backend.most.get()).isEqualTo(2);
        } finally {
            callers.shutdownNow();
            backend.close();
        }
    }

    /** A store at the other end of a wire. */
    private static final class RemoteBackend implements SyncBackend {

        private final SyncBackend store;
        private final ExecutorService wire = Executors.newSingleThreadExecutor();
        private final AtomicInteger underWay = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        RemoteBackend(SyncBackend store) {
            this.store = store;
        }

        private <R> CompletionStage<R> ask(java.util.function.Supplier<CompletionStage<R>> question) {
            return CompletableFuture.supplyAsync(question, wire).thenCompose(stage -> stage);
        }

        @Override
        public CompletionStage<Page> read(String topic, Selection selection) {
            return ask(() -> store.read(topic, selection));
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
            return ask(() -> {
                underWay.decrementAndGet();
                return store.commit(commit);
            });
        }

        @Override
        public @Nullable Version foresee(Version head, Commit commit, int mutation) {
            return store.foresee(head, commit, mutation);
        }

        @Override
        public CompletionStage<History> history(String topic, Version after, int limit) {
            return ask(() -> store.history(topic, after, limit));
        }

        @Override
        public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
            return store.follow(topic, after, scope, listener);
        }

        @Override
        public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
            return ask(() -> store.keepAlive(leases));
        }

        @Override
        public BackendInfo info() {
            return store.info();
        }

        @Override
        public void close() {
            wire.shutdownNow();
            store.close();
        }
    }
}
