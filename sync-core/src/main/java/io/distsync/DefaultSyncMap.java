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
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Makes operations of calls; each pair of methods shares one private method that does. */
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
        return pipeline.update(Limits.checkKey(key), update, LeaseRule.keep());
    }

    @Override
    public CompletableFuture<Versioned<V>> updateAsync(String key, UnaryOperator<V> update) {
        return updating(key, update, LeaseRule.keep()).future();
    }

    @Override
    public Versioned<V> update(String key, UnaryOperator<V> update, LeaseOptions lease) {
        return pipeline.update(Limits.checkKey(key), update, lease.rule());
    }

    @Override
    public CompletableFuture<Versioned<V>> updateAsync(String key, UnaryOperator<V> update, LeaseOptions lease) {
        return updating(key, update, lease.rule()).future();
    }

    private Operation<V, Versioned<V>> updating(String key, UnaryOperator<V> update, LeaseRule lease) {
        return submit(new Operations.Update<>(pipeline, Limits.checkKey(key), update, lease));
    }

    @Override
    public Versioned<V> put(String key, V value) {
        return putting(key, value, LeaseRule.none()).await();
    }

    @Override
    public CompletableFuture<Versioned<V>> putAsync(String key, V value) {
        return putting(key, value, LeaseRule.none()).future();
    }

    @Override
    public Versioned<V> put(String key, V value, LeaseOptions lease) {
        return putting(key, value, lease.rule()).await();
    }

    @Override
    public CompletableFuture<Versioned<V>> putAsync(String key, V value, LeaseOptions lease) {
        return putting(key, value, lease.rule()).future();
    }

    private Operation<V, Versioned<V>> putting(String key, V value, LeaseRule lease) {
        return submit(new Operations.Send<>(pipeline, Limits.checkKey(key), runtime.nonNull(value), lease));
    }

    @Override
    public Optional<Versioned<V>> get(String key) {
        return getting(key).await();
    }

    @Override
    public CompletableFuture<Optional<Versioned<V>>> getAsync(String key) {
        return getting(key).future();
    }

    private Operation<V, Optional<Versioned<V>>> getting(String key) {
        requireOpen();
        return runtime.fetching(Limits.checkKey(key));
    }

    @Override
    public CasResult<V> compareAndSet(String key, Version expected, V value) {
        return comparing(key, expected, value).await();
    }

    @Override
    public CompletableFuture<CasResult<V>> compareAndSetAsync(String key, Version expected, V value) {
        return comparing(key, expected, value).future();
    }

    private Operation<V, CasResult<V>> comparing(String key, Version expected, V value) {
        Objects.requireNonNull(expected, "expected");
        return submit(new Operations.CompareAndSet<>(
                pipeline, Limits.checkKey(key), expected, runtime.nonNull(value), LeaseRule.keep()));
    }

    @Override
    public boolean remove(String key) {
        return removing(key).await();
    }

    @Override
    public CompletableFuture<Boolean> removeAsync(String key) {
        return removing(key).future();
    }

    private Operation<V, Boolean> removing(String key) {
        return submit(new Operations.Delete<>(pipeline, Limits.checkKey(key)));
    }

    @Override
    public CommitOutcome<V> commit(Consumer<CommitBuilder<V>> commit) {
        return committing(commit).await();
    }

    @Override
    public CompletableFuture<CommitOutcome<V>> commitAsync(Consumer<CommitBuilder<V>> commit) {
        return committing(commit).future();
    }

    private Operation<V, CommitOutcome<V>> committing(Consumer<CommitBuilder<V>> commit) {
        CommitBuilder<V> builder = new CommitBuilder<>(runtime.format());
        commit.accept(builder);
        return submit(new CommitOperation<>(pipeline, builder));
    }

    @Override
    public MapPage<V> read(Selection selection) {
        return reading(selection).await();
    }

    @Override
    public CompletableFuture<MapPage<V>> readAsync(Selection selection) {
        return reading(selection).future();
    }

    private Operation<V, MapPage<V>> reading(Selection selection) {
        requireOpen();
        Objects.requireNonNull(selection, "selection");
        return new Inquiry<V, Page, MapPage<V>>(
                        pipeline,
                        () -> runtime.context().backend().read(topic().name(), selection),
                        pipeline.format()::page)
                .start();
    }

    @Override
    public List<Lease> keepAlive(Collection<Lease> leases) {
        return renewing(leases).await();
    }

    @Override
    public CompletableFuture<List<Lease>> keepAliveAsync(Collection<Lease> leases) {
        return renewing(leases).future();
    }

    private Operation<V, List<Lease>> renewing(Collection<Lease> leases) {
        requireOpen();
        List<Lease> all = List.copyOf(leases);
        return new Inquiry<V, List<Lease>, List<Lease>>(
                        pipeline, () -> runtime.context().backend().keepAlive(all), gone -> gone)
                .start();
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
            open.remove(handle);
            runtime.release(view, handle);
        });
        open.add(replica);
        return runtime.track(replica);
    }

    private void forget(AutoCloseable follower) {
        open.remove(follower);
        runtime.untrack(follower);
    }

    private <R> Operation<V, R> submit(Operation<V, R> operation) {
        requireOpen();
        return runtime.submit(operation);
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
