package io.distsync.registry;

import io.distsync.FeedStatus;
import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.SyncMap;
import io.distsync.backend.FeedState;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.error.ServiceClosedException;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The instances of one service, followed live; shared by everybody in the process who asks for the service. Lookups are one
 * read of a field, without I/O, locks or waiting.
 *
 * <p>While the store is away the last known list stays, and {@link #status()} says since when. After that, and after the
 * store lost what it had, an instance that is missing stays listed for one lease more, because it may be about to register
 * again; until then the status is {@link FeedStatus.Resyncing}.
 */
public final class ServiceView {

    /*
     * Threads. The map's listener tells what happens, one call at a time, and the scheduler settles doubts. The monitor
     * guards the roster and what follows from it; "snapshot" and "status" are volatile for those who only look. Neither the
     * store nor code of users is called under the monitor.
     */

    private final SyncRegistry registry;
    private final String service;
    private final SyncMap<Stored> map;
    private final Subscription following;
    private final List<Watcher<ServiceSnapshot>> watchers = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<ServiceView>> awaiting = new ArrayList<>();
    private final Roster roster = new Roster();
    private final ServiceSnapshot unknown;
    private volatile ServiceSnapshot snapshot;
    private volatile FeedStatus status;

    /** Since when the list may not be what the store has; {@code null} if it is. */
    private @Nullable Instant behind;

    private Scheduler.@Nullable Cancellable timer;
    private boolean closed;

    ServiceView(SyncRegistry registry, String service, SyncMap<Stored> map) {
        this.registry = registry;
        this.service = service;
        this.map = map;
        unknown = ServiceSnapshot.of(service, List.of());
        snapshot = unknown;
        behind = registry.instant();
        status = new FeedStatus.Resyncing(behind);
        following = map.follow(Scope.entries(), Version.ABSENT, new Feed());
    }

    public String service() {
        return service;
    }

    /** The instances as they are known now: the same object until they change. */
    public ServiceSnapshot snapshot() {
        return snapshot;
    }

    /** All instances; see {@link ServiceSnapshot#all()}. */
    public List<ServiceInstance> all() {
        return snapshot.all();
    }

    /** Those that may be given calls; see {@link ServiceSnapshot#available()}. */
    public List<ServiceInstance> available() {
        return snapshot.available();
    }

    /** The instance with this id; see {@link ServiceSnapshot#find}. */
    public Optional<ServiceInstance> find(String id) {
        return snapshot.find(id);
    }

    /** Those that the filter takes; see {@link ServiceSnapshot#matching}. */
    public List<ServiceInstance> matching(Predicate<? super ServiceInstance> filter) {
        return snapshot.matching(filter);
    }

    /** Whether the list is what the store has, and if not, since when. */
    public FeedStatus status() {
        return status;
    }

    /**
     * Completes when the view is current for the first time from now on, at once if it is. Fails with {@link
     * ServiceClosedException} if the registry is closed before. What depends on it runs on threads made for it.
     */
    public CompletableFuture<ServiceView> whenCurrent() {
        CompletableFuture<ServiceView> future = new CompletableFuture<>();
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(registry.refusal("service '" + service + "' is not followed"));
            }
            if (behind != null) {
                awaiting.add(future);
                return future;
            }
        }
        future.complete(this);
        return future;
    }

    /**
     * Tells the listener how the instances have changed: what it was told before (at first, an empty list) and what they are
     * now. Calls do not overlap and run on threads made for them. What changes while the listener is busy is told as one.
     */
    public Subscription onChange(BiConsumer<? super ServiceSnapshot, ? super ServiceSnapshot> listener) {
        Objects.requireNonNull(listener, "listener");
        return new Watcher<>(registry.callbacks(), unknown, this::snapshot, listener, watchers).begin();
    }

    void close() {
        List<CompletableFuture<ServiceView>> left;
        synchronized (this) {
            closed = true;
            status = new FeedStatus.Stale(behind == null ? registry.instant() : behind);
            cancelTimer();
            left = List.copyOf(awaiting);
            awaiting.clear();
        }
        ServiceClosedException failure = registry.refusal("service '" + service + "' is not followed any more");
        left.forEach(future -> registry.callbacks().run(() -> future.completeExceptionally(failure)));
        following.close();
        watchers.forEach(Watcher::close);
        map.close();
    }

    // --- what the feed tells ----------------------------------------------------------------------------------------

    private final class Feed implements MapListener<Stored> {

        @Override
        public void onSnapshot(List<MapEntry<Stored>> entries, Version head) {
            take(head, () -> roster.snapshot(entries, registry.now()));
        }

        @Override
        public void onChanges(List<MapChange<Stored>> changes) {
            Version head = changes.get(changes.size() - 1).versioned().version();
            take(head, () -> roster.changes(changes, registry.now()));
        }

        @Override
        public void onReset(Version from, Version to) {
            take(to, () -> {
                roster.reset(registry.now());
                return false;
            });
        }

        @Override
        public void onState(FeedState state) {
            take(snapshot.version(), () -> {
                roster.state(state, registry.now());
                return false;
            });
        }
    }

    private void settle() {
        take(snapshot.version(), () -> roster.settle(registry.now()));
    }

    /** Lets something happen to the roster, and shows what has become of it. */
    private void take(Version version, BooleanSupplier happening) {
        List<CompletableFuture<ServiceView>> due;
        boolean changed;
        synchronized (this) {
            if (closed) {
                return;
            }
            changed = happening.getAsBoolean();
            if (changed) {
                snapshot = ServiceSnapshot.of(service, version, roster.instances());
            }
            due = show();
            cancelTimer();
            OptionalLong wait = roster.nanosToSettle(registry.now());
            if (wait.isPresent()) {
                timer = registry.later(Duration.ofNanos(wait.getAsLong()), this::settle);
            }
        }
        if (changed) {
            watchers.forEach(Watcher::wake);
        }
        due.forEach(future -> registry.callbacks().run(() -> future.complete(this)));
    }

    /** Sets the status; returns who has waited for it to be current. */
    private List<CompletableFuture<ServiceView>> show() {
        if (roster.state() == FeedState.CURRENT && !roster.hasDoubts()) {
            behind = null;
            status = new FeedStatus.Current();
            List<CompletableFuture<ServiceView>> due = List.copyOf(awaiting);
            awaiting.clear();
            return due;
        }
        Instant since = behind == null ? registry.instant() : behind;
        behind = since;
        status = roster.state() == FeedState.STALE ? new FeedStatus.Stale(since) : new FeedStatus.Resyncing(since);
        return List.of();
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
