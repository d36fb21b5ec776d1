package io.distsync;

import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.error.ServiceClosedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Makes operations of calls; each pair of methods shares one private method that does, but for an update in place. */
final class DefaultSyncMap<V> implements SyncMap<V> {

    private final TopicRuntime<V> runtime;
    private final UpdatePipeline<V> pipeline;
    private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    DefaultSyncMap(TopicRuntime<V> runtime) {
        this.runtime = runtime;
        this.pipeline = runtime.pipeline();
    }

    @Override
    public Topic<V> topic() {
        return runtime.topic();
    }

    @Override
    public Versioned<V> update(String key, UnaryOperator<V> update) {
        return updateNow(key, update, LeaseRule.keep());
    }

    @Override
    public CompletableFuture<Versioned<V>> updateAsync(String key, UnaryOperator<V> update) {
        return updating(key, update, LeaseRule.keep()).start();
    }

    @Override
    public Versioned<V> update(String key, UnaryOperator<V> update, LeaseOptions lease) {
        return updateNow(key, update, lease.rule());
    }

    @Override
    public CompletableFuture<Versioned<V>> updateAsync(String key, UnaryOperator<V> update, LeaseOptions lease) {
        return updating(key, update, lease.rule()).start();
    }

    private Versioned<V> updateNow(String key, UnaryOperator<V> update, LeaseRule lease) {
        requireOpen();
        return pipeline.update(Limits.checkKey(key), update, lease);
    }

    private Operation<V, Versioned<V>> updating(String key, UnaryOperator<V> update, LeaseRule lease) {
        requireOpen();
        return new Operations.Update<>(pipeline, Limits.checkKey(key), update, lease);
    }

    @Override
    public Versioned<V> put(String key, V value) {
        return putting(key, value, LeaseRule.none()).run();
    }

    @Override
    public CompletableFuture<Versioned<V>> putAsync(String key, V value) {
        return putting(key, value, LeaseRule.none()).start();
    }

    @Override
    public Versioned<V> put(String key, V value, LeaseOptions lease) {
        return putting(key, value, lease.rule()).run();
    }

    @Override
    public CompletableFuture<Versioned<V>> putAsync(String key, V value, LeaseOptions lease) {
        return putting(key, value, lease.rule()).start();
    }

    private Operation<V, Versioned<V>> putting(String key, V value, LeaseRule lease) {
        requireOpen();
        return new Operations.Send<>(pipeline, Limits.checkKey(key), runtime.nonNull(value), lease);
    }

    @Override
    public Optional<Versioned<V>> get(String key) {
        return getting(key).run();
    }

    @Override
    public CompletableFuture<Optional<Versioned<V>>> getAsync(String key) {
        return getting(key).start();
    }

    private Operation<V, Optional<Versioned<V>>> getting(String key) {
        requireOpen();
        return runtime.fetching(Limits.checkKey(key));
    }

    @Override
    public CasResult<V> compareAndSet(String key, Version expected, V value) {
        return comparing(key, expected, value).run();
    }

    @Override
    public CompletableFuture<CasResult<V>> compareAndSetAsync(String key, Version expected, V value) {
        return comparing(key, expected, value).start();
    }

    private Operation<V, CasResult<V>> comparing(String key, Version expected, V value) {
        requireOpen();
        Objects.requireNonNull(expected, "expected");
        return new Operations.CompareAndSet<>(
                pipeline, Limits.checkKey(key), expected, runtime.nonNull(value), LeaseRule.keep());
    }

    @Override
    public boolean remove(String key) {
        return removing(key).run();
    }

    @Override
    public CompletableFuture<Boolean> removeAsync(String key) {
        return removing(key).start();
    }

    private Operation<V, Boolean> removing(String key) {
        requireOpen();
        return new Operations.Delete<>(pipeline, Limits.checkKey(key));
    }

    @Override
    public CommitOutcome<V> commit(Consumer<CommitBuilder<V>> commit) {
        return committing(commit).run();
    }

    @Override
    public CompletableFuture<CommitOutcome<V>> commitAsync(Consumer<CommitBuilder<V>> commit) {
        return committing(commit).start();
    }

    @Override
    public CompletableFuture<CommitOutcome<V>> commitAsync(Consumer<CommitBuilder<V>> commit, Executor executor) {
        return committing(commit).start(executor);
    }

    private Operation<V, CommitOutcome<V>> committing(Consumer<CommitBuilder<V>> commit) {
        requireOpen();
        CommitBuilder<V> builder = new CommitBuilder<>(runtime.format());
        commit.accept(builder);
        return new CommitOperation<>(pipeline, builder);
    }

    @Override
    public MapPage<V> read(Selection selection) {
        return reading(selection).run();
    }

    @Override
    public CompletableFuture<MapPage<V>> readAsync(Selection selection) {
        return reading(selection).start();
    }

    @Override
    public CompletableFuture<MapPage<V>> readAsync(Selection selection, Executor executor) {
        return reading(selection).start(executor);
    }

    private Operation<V, MapPage<V>> reading(Selection selection) {
        requireOpen();
        Objects.requireNonNull(selection, "selection");
        return new Inquiry<V, Page, MapPage<V>>(
                pipeline, () -> runtime.context().backend().read(topic().name(), selection), pipeline.format()::page);
    }

    @Override
    public List<Lease> keepAlive(Collection<Lease> leases) {
        return renewing(leases).run();
    }

    @Override
    public CompletableFuture<List<Lease>> keepAliveAsync(Collection<Lease> leases) {
        return renewing(leases).start();
    }

    @Override
    public CompletableFuture<List<Lease>> keepAliveAsync(Collection<Lease> leases, Executor executor) {
        return renewing(leases).start(executor);
    }

    private Operation<V, List<Lease>> renewing(Collection<Lease> leases) {
        requireOpen();
        List<Lease> all = List.copyOf(leases);
        return new Inquiry<V, List<Lease>, List<Lease>>(
                pipeline, () -> runtime.context().backend().keepAlive(all), gone -> gone);
    }

    @Override
    public Subscription follow(Scope scope, Version after, MapListener<V> listener) {
        requireOpen();
        MapFollower<V> follower = new MapFollower<>(runtime, scope, after, listener, this::forget);
        open.add(follower);
        runtime.track(follower);
        follower.start(after);
        return follower;
    }

    @Override
    public MapReplica<V> replica() {
        requireOpen();
        Replica<V> view = runtime.acquire();
        DefaultMapReplica<V> replica = new DefaultMapReplica<>(view, runtime.context(), handle -> {
            forget(handle);
            runtime.release(view);
        });
        open.add(replica);
        return runtime.track(replica);
    }

    private void forget(AutoCloseable handle) {
        open.remove(handle);
        runtime.untrack(handle);
    }

    private void requireOpen() {
        if (closed) {
            throw new ServiceClosedException("the map of topic '" + topic().name() + "' is closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        runtime.closeAll(open);
    }
}
