package io.distsync;

import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.version.Version;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A topic as a collection: many entries of one type, ordered by one log and changed atomically together. What every
 * recipe stands on. Safe to share between threads.
 *
 * <p>Each blocking method is the {@code …Async} one, waited for: it throws what the future fails with, within the
 * service's deadline. If the waiting thread is interrupted, an operation not yet sent is withdrawn ({@link
 * io.distsync.error.NotAppliedException}), one already sent reports {@link
 * io.distsync.error.OutcomeUnknownException}; the interrupt flag stays set either way. A cancelled future was not
 * applied; cancelling one whose operation is under way completes it with {@code OutcomeUnknownException} instead.
 */
public interface SyncMap<V> extends AutoCloseable {

    /** The topic that holds the entries. */
    Topic<V> topic();

    /**
     * Replaces the value by a function of it; see {@link SyncService#optimisticUpdate}. The entry keeps its lease. On
     * an absent entry the function gets the topic's initial value.
     */
    Versioned<V> update(String key, UnaryOperator<V> update);

    CompletableFuture<Versioned<V>> updateAsync(String key, UnaryOperator<V> update);

    /** {@link #update} that also says what becomes of the lease. */
    Versioned<V> update(String key, UnaryOperator<V> update, LeaseOptions lease);

    CompletableFuture<Versioned<V>> updateAsync(String key, UnaryOperator<V> update, LeaseOptions lease);

    /** Writes the entry whatever it was, without a lease. */
    Versioned<V> put(String key, V value);

    CompletableFuture<Versioned<V>> putAsync(String key, V value);

    /** Writes the entry whatever it was. */
    Versioned<V> put(String key, V value, LeaseOptions lease);

    CompletableFuture<Versioned<V>> putAsync(String key, V value, LeaseOptions lease);

    /** Reads the entry from the store (linearizable). */
    Optional<Versioned<V>> get(String key);

    CompletableFuture<Optional<Versioned<V>>> getAsync(String key);

    /** Writes the entry if it has exactly this version; {@link Version#ABSENT} means it must be absent. */
    CasResult<V> compareAndSet(String key, Version expected, V value);

    CompletableFuture<CasResult<V>> compareAndSetAsync(String key, Version expected, V value);

    /** Removes the entry; true if there was one. */
    boolean remove(String key);

    CompletableFuture<Boolean> removeAsync(String key);

    /** Applies checks and mutations of several entries, all or nothing. The consumer is called once, at once. */
    CommitOutcome<V> commit(Consumer<CommitBuilder<V>> commit);

    CompletableFuture<CommitOutcome<V>> commitAsync(Consumer<CommitBuilder<V>> commit);

    /**
     * The same for those who have a thread at hand, a waiting one for instance.
     *
     * @param executor gets what is left to be done when the store has answered, and what depends on the future. Threads that
     *     others depend on hand it over, so the executor must neither run it at once nor refuse it; until it is run, other
     *     commits to the topic wait
     */
    CompletableFuture<CommitOutcome<V>> commitAsync(Consumer<CommitBuilder<V>> commit, Executor executor);

    /** Reads entries from the store as of one moment (linearizable). */
    MapPage<V> read(Selection selection);

    CompletableFuture<MapPage<V>> readAsync(Selection selection);

    /** The same; the executor gets what depends on the future, as that of {@link #commitAsync(Consumer, Executor)}. */
    CompletableFuture<MapPage<V>> readAsync(Selection selection, Executor executor);

    /** Renews leases; returns those that are gone. See {@link io.distsync.backend.SyncBackend#keepAlive}. */
    List<Lease> keepAlive(Collection<Lease> leases);

    CompletableFuture<List<Lease>> keepAliveAsync(Collection<Lease> leases);

    /** The same; the executor gets what depends on the future, as that of {@link #commitAsync(Consumer, Executor)}. */
    CompletableFuture<List<Lease>> keepAliveAsync(Collection<Lease> leases, Executor executor);

    /**
     * Tells the listener what happens in the scope after the position ({@link Version#ABSENT}: from a snapshot, or
     * from the beginning of the log).
     */
    Subscription follow(Scope scope, Version after, MapListener<V> listener);

    /** A live local copy of all entries; every call opens a handle on the same one. */
    MapReplica<V> replica();

    /** Ends this map's replicas and subscriptions; the topic stays. */
    @Override
    void close();
}
