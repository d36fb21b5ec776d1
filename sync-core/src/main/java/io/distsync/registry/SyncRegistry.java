package io.distsync.registry;

import io.distsync.MapEntry;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.Callbacks;
import io.distsync.lease.LastWords;
import io.distsync.lease.LeaseKeeper;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who serves what in a whole cluster. An instance registers and stays listed for as long as it renews its lease; every node
 * has the list of each service it asked for in memory. Safe to share between threads.
 *
 * <pre>{@code
 * Registration registration = registry.register(ServiceInstance.of("orders", "10.0.0.7", 8080));
 * List<ServiceInstance> orders = registry.instances("orders").available();
 * }</pre>
 *
 * <p><b>What is promised.</b> A change is seen within one delay of the feed. An instance that crashed is listed until its
 * lease is over and the store has noticed; one that is closed goes at once. A heartbeat changes nothing that is told to
 * anybody. While the store is away, lists stay as they are and say so.
 *
 * <p>A service is a topic, so its name is a topic's name, up to the length of the prefix. A view stays open until the registry
 * is closed: names of services are to be bounded.
 */
public final class SyncRegistry implements AutoCloseable {

    /*
     * Threads. A scheduler's thread keeps the time; checks, listeners and what depends on futures run on threads made for
     * them; everything else happens on callers' and the service's threads.
     */

    /** As much as the keys and values of an instance's metadata may have in all, in characters. */
    public static final int MAX_METADATA = 65_536;

    private final SyncService service;
    private final String prefix;
    private final RegistrationOptions defaults;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final LeaseKeeper keeper;
    private final Callbacks callbacks = new Callbacks("distsync-registry-callback");
    private final ConcurrentHashMap<String, ServiceView> views = new ConcurrentHashMap<>();
    private final Set<Registration> registrations = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private SyncRegistry(Builder builder) {
        service = builder.service;
        prefix = builder.prefix;
        defaults = builder.defaults;
        time = builder.time;
        scheduler = Scheduler.givenOrThreaded(builder.scheduler, "distsync-registry");
        keeper = new LeaseKeeper(time, scheduler);
    }

    /** A registry of a service, with defaults. The service stays the caller's to close, after the registry. */
    public static SyncRegistry using(SyncService service) {
        return builder(service).build();
    }

    /** A registry of a service, with settings. */
    public static Builder builder(SyncService service) {
        return new Builder(Objects.requireNonNull(service, "service"));
    }

    // --- registering ------------------------------------------------------------------------------------------------

    /** {@link #register(ServiceInstance, RegistrationOptions)} with the defaults. */
    public Registration register(ServiceInstance instance) {
        return register(instance, defaults);
    }

    /**
     * Lists an instance, and keeps it listed until the registration is closed. If the id is listed already, the newer
     * registration wins, whatever process it is of: the older one becomes {@link RegistrationStatus#REPLACED}.
     *
     * <p>Waits for the first answer of the store. If there is none, that is no failure: the registration is {@link
     * RegistrationStatus#RETRYING}, and goes on by itself.
     *
     * @throws IllegalArgumentException if the names are not those of a topic and a key, there is too much metadata, or the health
     *     check cannot ask such a host
     * @throws io.distsync.error.RejectedException if the store will never take it
     * @throws OutcomeUnknownException if the waiting thread was interrupted, whose flag stays set then; the instance is taken
     *     off the list again
     * @throws ServiceClosedException if the registry or the service is closed
     */
    public Registration register(ServiceInstance instance, RegistrationOptions options) {
        Registration registration = open(instance, options);
        RegistrationStatus unused = await(
                registration.begin(),
                registration::withdraw,
                "the registration of instance '" + instance.id() + "', which is withdrawn");
        return registration;
    }

    /** {@link #registerAsync(ServiceInstance, RegistrationOptions)} with the defaults. */
    public CompletableFuture<Registration> registerAsync(ServiceInstance instance) {
        return registerAsync(instance, defaults);
    }

    /**
     * {@link #register(ServiceInstance, RegistrationOptions)} without waiting. What depends on the future runs on threads made
     * for it. Whoever completes it otherwise, by cancelling or by a timeout, does not get the registration, and the instance is
     * taken off the list.
     */
    public CompletableFuture<Registration> registerAsync(ServiceInstance instance, RegistrationOptions options) {
        Registration registration = open(instance, options);
        CompletableFuture<Registration> asked = new CompletableFuture<>();
        var unused = asked.whenComplete((given, failure) -> {
            if (given != registration) {
                registration.withdraw();
            }
        });
        var unusedToo = registration.begin().whenComplete((status, failure) -> {
            if (failure == null) {
                asked.complete(registration);
            } else {
                asked.completeExceptionally(failure);
            }
        });
        return asked;
    }

    private Registration open(ServiceInstance instance, RegistrationOptions options) {
        Objects.requireNonNull(options, "options");
        Limits.checkKey(checked(instance, options).id());
        Topic<Stored> topic = topic(instance.service());
        requireOpen("instance '" + instance.id() + "' was not registered");
        Registration registration = new Registration(this, service.map(topic), instance, options);
        registrations.add(registration);
        var unused = registration.over().thenRun(() -> registrations.remove(registration));
        if (closed) { // or close() sees it
            registrations.remove(registration);
            throw refusal("instance '" + instance.id() + "' was not registered");
        }
        return registration;
    }

    static ServiceInstance checked(ServiceInstance instance, RegistrationOptions options) {
        int size = instance.metadata().entrySet().stream()
                .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
                .sum();
        if (size > MAX_METADATA) {
            throw new IllegalArgumentException("the metadata of instance '" + instance.id() + "' must have at most "
                    + MAX_METADATA + " characters, but has " + size);
        }
        if (options.healthCheck() instanceof HttpHealthCheck check) {
            URI unused = check.target(instance);
        }
        return instance;
    }

    // --- looking up -------------------------------------------------------------------------------------------------

    /**
     * The live view of a service. The first call for a name begins to follow it and returns at once, with an empty list that
     * is not current yet ({@link ServiceView#whenCurrent()}); every later one returns the same view.
     *
     * @throws IllegalArgumentException if the name is not that of a topic
     * @throws ServiceClosedException if the registry or the service is closed
     */
    public ServiceView instances(String service) {
        ServiceView known = views.get(service);
        return known == null ? openView(service) : known;
    }

    /** What the views of these services show now, by the names of the services; see {@link #instances(String)}. */
    public Map<String, ServiceSnapshot> instances(Collection<String> services) {
        Map<String, ServiceSnapshot> all = new LinkedHashMap<>();
        services.forEach(each -> all.put(each, instances(each).snapshot()));
        return all;
    }

    private ServiceView openView(String name) {
        Topic<Stored> topic = topic(name);
        synchronized (views) {
            requireOpen("service '" + name + "' is not followed");
            return views.computeIfAbsent(name, same -> new ServiceView(this, name, service.map(topic)));
        }
    }

    /** The services that are followed here, by name. */
    public Map<String, ServiceView> views() {
        return new TreeMap<>(views);
    }

    /** The registrations made here that are not over. */
    public Set<Registration> registrations() {
        return Set.copyOf(registrations);
    }

    /**
     * Reads the instances from the store (linearizable, for each 1,000 of them), without following the service.
     *
     * @throws io.distsync.error.SyncException if the store does not answer
     */
    public ServiceSnapshot fetch(String service) {
        return await(fetchAsync(service), () -> {}, "the look at service '" + service + "'");
    }

    /** {@link #fetch} without waiting. What depends on the future runs on threads made for it. */
    public CompletableFuture<ServiceSnapshot> fetchAsync(String name) {
        Topic<Stored> topic = topic(name);
        requireOpen("service '" + name + "' was not read");
        SyncMap<Stored> map = service.map(topic);
        CompletableFuture<ServiceSnapshot> fetched = new CompletableFuture<>();
        List<ServiceInstance> all = new ArrayList<>();
        var unused = readAll(map, null, all).whenComplete((head, failure) -> {
            map.close();
            callbacks.run(() -> {
                if (failure == null) {
                    fetched.complete(ServiceSnapshot.of(name, head, all));
                } else {
                    fetched.completeExceptionally(failure);
                }
            });
        });
        return fetched;
    }

    private static CompletableFuture<Version> readAll(
            SyncMap<Stored> map, @Nullable String after, List<ServiceInstance> all) {
        return map.readAsync(new Range("", after, Limits.MAX_PAGE, Order.ASCENDING))
                .thenCompose(page -> {
                    String last = after;
                    for (MapEntry<Stored> entry : page.entries()) {
                        all.add(entry.value().instance());
                        last = entry.key();
                    }
                    return page.more() ? readAll(map, last, all) : CompletableFuture.completedFuture(page.head());
                });
    }

    private Topic<Stored> topic(String name) {
        return Topic.of(prefix + Limits.checkTopic(name), Stored.class);
    }

    // --- the end ----------------------------------------------------------------------------------------------------

    /**
     * Takes the instances registered here off their lists, and waits for the store to know, for five seconds at most; then for
     * each listener of a view that is still running, as long at most. Views keep the last known list, stale. Closing twice is
     * harmless.
     */
    @Override
    public void close() {
        synchronized (views) {
            if (closed) {
                return;
            }
            closed = true;
        }
        LastWords.await(CompletableFuture.allOf(
                registrations.stream().map(Registration::closeAsync).toArray(CompletableFuture[]::new)));
        keeper.close();
        views.values().forEach(ServiceView::close);
        scheduler.close();
        callbacks.close();
    }

    private void requireOpen(String what) {
        if (closed) {
            throw refusal(what);
        }
    }

    // --- for registrations and views --------------------------------------------------------------------------------

    ServiceClosedException refusal(String what) {
        return new ServiceClosedException("the registry is closed; " + what);
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    Callbacks callbacks() {
        return callbacks;
    }

    HealthChecker checker(
            HealthCheck check,
            HealthCheckOptions options,
            Supplier<ServiceInstance> instance,
            Consumer<Boolean> onVerdict) {
        return new HealthChecker(check, options, instance, onVerdict, scheduler, callbacks);
    }

    long now() {
        return time.nanos();
    }

    Instant instant() {
        return time.instant();
    }

    Scheduler.Cancellable later(Duration delay, Runnable task) {
        return scheduler.schedule(task, delay);
    }

    /** Waits for an answer that comes, at the latest when the service gives up. */
    static <T> T await(CompletableFuture<T> answer, Runnable onInterrupt, String what) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            onInterrupt.run();
            throw new OutcomeUnknownException("interrupted while waiting for " + what, e);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNull(e.getCause());
            throw cause instanceof RuntimeException failure
                    ? failure
                    : new NotAppliedException("no answer: " + what, cause);
        }
    }

    /** Settings of a registry. */
    public static final class Builder {

        private final SyncService service;
        private String prefix = "registry:";
        private RegistrationOptions defaults = RegistrationOptions.defaults();
        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;

        private Builder(SyncService service) {
            this.service = service;
        }

        /** Put before the name of a service to get that of its topic; {@code registry:} if it is not set. */
        public Builder prefix(String value) {
            prefix = Objects.requireNonNull(value, "prefix");
            return this;
        }

        /** How instances are registered for which nothing is said. */
        public Builder defaults(RegistrationOptions value) {
            defaults = Objects.requireNonNull(value, "defaults");
            return this;
        }

        /** The clock that leases are judged by. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** What keeps the time; stays the caller's to close. If not set, there is a thread for it. */
        public Builder scheduler(Scheduler value) {
            scheduler = Objects.requireNonNull(value, "scheduler");
            return this;
        }

        public SyncRegistry build() {
            return new SyncRegistry(this);
        }
    }
}
