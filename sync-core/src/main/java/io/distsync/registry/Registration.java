package io.distsync.registry;

import io.distsync.SyncMap;
import io.distsync.backend.Subscription;
import io.distsync.error.RejectedException;
import io.distsync.lease.LastWords;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * An instance that is registered, and kept so: its lease is renewed, and should its entry be lost, it is registered again. Safe
 * to share between threads.
 *
 * <p>What it is to say is known here, and the store is told as soon as it can be. So an update never fails because the store
 * is away.
 */
public final class Registration implements AutoCloseable {

    private final Registrant registrant;
    private final SyncRegistry registry;

    Registration(SyncRegistry registry, SyncMap<Stored> map, ServiceInstance instance, RegistrationOptions options) {
        this.registry = registry;
        registrant = new Registrant(registry, map, instance, options);
    }

    /** The instance as it is, or is about to be, in the store: as it is wanted, but DOWN instead of UP if checks fail. */
    public ServiceInstance instance() {
        return registrant.instance();
    }

    /** Where it stands. */
    public RegistrationStatus status() {
        return registrant.status();
    }

    /**
     * Calls back with the status, and with each one that it changes to, on a thread made for it, one call at a time. What
     * changes while the listener is busy is told as one.
     */
    public Subscription onStatus(Consumer<RegistrationStatus> listener) {
        return registrant.onStatus(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Changes what the instance says of itself: weight, metadata, status. Waits until the store has it, or has failed to
     * answer; then it is told later.
     *
     * @param update must be pure: it may run more than once. Service and id must stay
     * @return {@link RegistrationStatus#REGISTERED} if the store has it; {@link RegistrationStatus#RETRYING} if it will be
     *     told; another one if the registration is over, and nothing happens
     * @throws IllegalArgumentException if the result is of another service or id, has too much metadata, or a host
     *     that the health check cannot ask; not applied
     * @throws RejectedException if the store does not take it; not applied
     * @throws io.distsync.error.OutcomeUnknownException if the waiting thread was interrupted, whose flag stays set then; the
     *     store is told all the same
     * @throws io.distsync.error.ServiceClosedException if the registry or the service is closed
     */
    public RegistrationStatus update(UnaryOperator<ServiceInstance> update) {
        return SyncRegistry.await(
                updateAsync(update),
                () -> {},
                "the update of instance '" + instance().id() + "'");
    }

    /** {@link #update} without waiting. What depends on the future runs on threads made for it. */
    public CompletableFuture<RegistrationStatus> updateAsync(UnaryOperator<ServiceInstance> update) {
        return registrant.update(update);
    }

    /** Takes no more calls from now on: an {@link #update} to {@link InstanceStatus#DRAINING}, and fails as that. To be closed later. */
    public RegistrationStatus drain() {
        return update(instance -> instance.withStatus(InstanceStatus.DRAINING));
    }

    /**
     * Takes the instance off the list, and waits for the store to know, for five seconds at most. Never throws. If the store
     * cannot be told, the instance goes when its lease is over.
     */
    @Override
    public void close() {
        LastWords.await(closeAsync());
    }

    /** The same without waiting; the future never fails, and what depends on it runs on threads made for it. */
    public CompletableFuture<Void> closeAsync() {
        CompletableFuture<Void> told = new CompletableFuture<>();
        registrant.close();
        var unused = over().thenRun(() -> registry.callbacks().run(() -> told.complete(null)));
        return told;
    }

    @Override
    public String toString() {
        return "registration of '" + instance().id() + "' for service '"
                + instance().service() + "', " + status();
    }

    // --- for the registry -------------------------------------------------------------------------------------------

    /** Registers; completes with how that went. */
    CompletableFuture<RegistrationStatus> begin() {
        return registrant.begin();
    }

    /** Ends it; nobody is there to be told. */
    void withdraw() {
        registrant.close();
    }

    /** Completes, on any thread, when it has ended and nothing is left to be told to the store. */
    CompletableFuture<Void> over() {
        return registrant.over();
    }

    /** For tests: for how long the store keeps it without a heartbeat; zero if it does not have it for certain. */
    Duration remaining() {
        return registrant.remaining();
    }
}
