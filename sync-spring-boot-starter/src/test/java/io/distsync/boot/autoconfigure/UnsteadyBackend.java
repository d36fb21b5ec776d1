package io.distsync.boot.autoconfigure;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.FeedState;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.version.Version;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A store in memory whose connection the test cuts and heals. */
public final class UnsteadyBackend implements SyncBackend {

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final Map<String, ChangeListener> followers = new ConcurrentHashMap<>();
    private volatile @Nullable Instant unreachableSince;
    private volatile BackendInfo.@Nullable Broadcast broadcast;

    /** Lets the store be unreachable since then. */
    public void cut(Instant since) {
        unreachableSince = since;
    }

    /** Lets something else broadcast the changes, and fare like that. */
    public void broadcast(BackendInfo.Broadcast state) {
        broadcast = state;
    }

    /** Changes the state of a topic's feed. */
    public void feed(String topic, FeedState state) {
        ChangeListener follower = followers.get(topic);
        if (follower == null) {
            throw new IllegalArgumentException("nobody follows " + topic);
        }
        follower.onState(state);
    }

    @Override
    public BackendInfo info() {
        BackendInfo info = store.info();
        return new BackendInfo(
                "unsteady", true, info.maxPayloadBytes(), unreachableSince, Map.of("made", "for tests"), broadcast);
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        followers.put(topic, listener);
        return store.follow(topic, after, scope, listener);
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        return store.read(topic, selection);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return store.commit(commit);
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        return store.history(topic, after, limit);
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        return store.keepAlive(leases);
    }

    @Override
    public void close() {
        store.close();
    }
}
