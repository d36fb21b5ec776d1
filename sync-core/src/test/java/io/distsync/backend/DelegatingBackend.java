package io.distsync.backend;

import io.distsync.version.Version;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Another backend; for tests that come between. */
public class DelegatingBackend implements SyncBackend {

    private final SyncBackend backend;

    protected DelegatingBackend(SyncBackend backend) {
        this.backend = backend;
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        return backend.read(topic, selection);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return backend.commit(commit);
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        return backend.history(topic, after, limit);
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        return backend.follow(topic, after, scope, listener);
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        return backend.keepAlive(leases);
    }

    @Override
    public @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return backend.foresee(head, commit, mutation);
    }

    @Override
    public BackendInfo info() {
        return backend.info();
    }

    @Override
    public void close() {
        backend.close();
    }
}
