package io.distsync.boot.autoconfigure;

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
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store in memory that fails, and counts what it is asked. */
public final class SilentBackend implements SyncBackend {

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger renewals = new AtomicInteger();
    private volatile @Nullable Supplier<? extends RuntimeException> refusal;
    private volatile @Nullable Supplier<? extends RuntimeException> lostReply;

    /** Lets every request fail with it, before it has an effect; {@code null}: none. */
    public void refuse(@Nullable Supplier<? extends RuntimeException> failure) {
        refusal = failure;
    }

    /** Lets every request that is not refused fail with it, after it had its effect; {@code null}: none. */
    public void loseReplies(@Nullable Supplier<? extends RuntimeException> failure) {
        lostReply = failure;
    }

    /** Reads, commits and pages of history so far. */
    public int requests() {
        return requests.get();
    }

    public int renewals() {
        return renewals.get();
    }

    private <R> CompletionStage<R> answer(Supplier<CompletionStage<R>> request) {
        Supplier<? extends RuntimeException> refused = refusal;
        if (refused != null) {
            return CompletableFuture.failedFuture(refused.get());
        }
        CompletionStage<R> result = request.get();
        Supplier<? extends RuntimeException> lost = lostReply;
        return lost == null ? result : CompletableFuture.failedFuture(lost.get());
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        requests.incrementAndGet();
        return answer(() -> store.read(topic, selection));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        requests.incrementAndGet();
        return answer(() -> store.commit(commit));
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        requests.incrementAndGet();
        return answer(() -> store.history(topic, after, limit));
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        renewals.incrementAndGet();
        return answer(() -> store.keepAlive(leases));
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        return store.follow(topic, after, scope, listener);
    }

    @Override
    public @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return store.foresee(head, commit, mutation);
    }

    @Override
    public BackendInfo info() {
        return store.info();
    }

    @Override
    public void close() {
        store.close();
    }
}
