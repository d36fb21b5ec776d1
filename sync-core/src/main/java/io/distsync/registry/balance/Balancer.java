package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import io.distsync.registry.balance.OutlierDetector.Ejected;
import io.distsync.time.TimeSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives calls to the instances of one service: asks a {@link LoadBalancer strategy} for one of those that are up, have a
 * weight, and are not ejected for their failures. If all of them are ejected, none is: a poor answer is better than none,
 * and failures everywhere speak against the caller or the network. Instances that are down or draining get no calls,
 * even if there are no others.
 *
 * <p>Safe to share between threads. Does no I/O, and has no threads.
 */
public final class Balancer {

    /*
     * Threads. Any thread that calls; the one that finds other instances, or others ejected, makes the next view while
     * the rest wait. A thread that comes late with an older list may bring that back for one call.
     */

    private final Supplier<? extends List<ServiceInstance>> instances;
    private final LoadBalancer strategy;
    private final JobCounts jobs;
    private final OutlierOptions options;
    private final OutlierDetector outliers;
    private volatile View view = new View(List.of(), Ejected.NONE, Candidates.of(List.of()));

    private Balancer(
            Supplier<? extends List<ServiceInstance>> instances,
            LoadBalancer strategy,
            OutlierOptions options,
            TimeSource time) {
        this.instances = instances;
        this.strategy = strategy;
        this.jobs = Objects.requireNonNullElseGet(strategy.jobCounts(), JobCounts::inProcess);
        this.options = options;
        this.outliers = new OutlierDetector(options, time);
    }

    /** One with {@link OutlierOptions#defaults()}. */
    public static Balancer of(Supplier<? extends List<ServiceInstance>> instances, LoadBalancer strategy) {
        return of(instances, strategy, OutlierOptions.defaults(), TimeSource.system());
    }

    /**
     * A balancer.
     *
     * @param instances the present instances of the service, from memory: asked at every choice. The list must not
     *     change, and must be another object if, and only if, the instances are others
     * @param strategy for this balancer alone
     * @param time measures how long an instance is ejected
     */
    public static Balancer of(
            Supplier<? extends List<ServiceInstance>> instances,
            LoadBalancer strategy,
            OutlierOptions outliers,
            TimeSource time) {
        return new Balancer(instances, strategy, outliers, time);
    }

    /** The instance for the next call; {@code null} if none takes calls. The call is neither counted nor judged. */
    public @Nullable ServiceInstance choose() {
        return strategy.choose(candidates(), null);
    }

    /** The instance for the next call about something; {@code null} if none takes calls. */
    public @Nullable ServiceInstance choose(String key) {
        return strategy.choose(candidates(), key);
    }

    /** Begins a call; empty if no instance takes calls. */
    public Optional<Attempt> begin() {
        return begun(choose());
    }

    /** Begins a call about something; empty if no instance takes calls. */
    public Optional<Attempt> begin(String key) {
        return begun(choose(key));
    }

    private Optional<Attempt> begun(@Nullable ServiceInstance instance) {
        return Optional.ofNullable(instance).map(chosen -> new Attempt(chosen, jobs.begin(chosen), outliers));
    }

    /**
     * Makes a call on this thread, counts it while it lasts, and judges the instance by whether it throws ({@link
     * OutlierOptions#withFailures}). Does not repeat it.
     *
     * @throws NoInstanceException if no instance takes calls; nothing was called
     * @throws E what the call throws
     */
    public <T extends @Nullable Object, E extends Exception> T call(Call<T, E> call) throws E {
        return judged(begin(), call);
    }

    /** The same, about something. */
    public <T extends @Nullable Object, E extends Exception> T call(String key, Call<T, E> call) throws E {
        return judged(begin(key), call);
    }

    private <T extends @Nullable Object, E extends Exception> T judged(Optional<Attempt> begun, Call<T, E> call)
            throws E {
        Attempt attempt = begun.orElseThrow(() -> new NoInstanceException("no instance takes calls"));
        try {
            T result = call.to(attempt.instance());
            attempt.succeeded();
            return result;
        } catch (Throwable e) {
            if (isFailure(e)) {
                attempt.failed();
            } else {
                attempt.succeeded();
            }
            throw e;
        } finally {
            attempt.close();
        }
    }

    private boolean isFailure(Throwable thrown) {
        try {
            return options.isFailure(thrown);
        } catch (Throwable e) {
            if (e != thrown) {
                thrown.addSuppressed(e);
            }
            return true;
        }
    }

    /** Who is ejected at present, and until when. */
    public List<Ejection> ejections() {
        return outliers.ejections();
    }

    /** How many jobs the instances have. */
    public JobCounts jobCounts() {
        return jobs;
    }

    private Candidates candidates() {
        List<ServiceInstance> present = instances.get();
        Ejected ejected = outliers.ejected();
        View last = view;
        return last.isOf(present, ejected) ? last.candidates : renew(present);
    }

    private synchronized Candidates renew(List<ServiceInstance> present) {
        if (view.instances != present) {
            outliers.follow(present);
        }
        Ejected ejected = outliers.ejected();
        if (!view.isOf(present, ejected)) {
            view = new View(present, ejected, Candidates.of(present).without(ejected.ids()));
        }
        return view.candidates;
    }

    /** A call to an instance. */
    @FunctionalInterface
    public interface Call<T extends @Nullable Object, E extends Exception> {

        T to(ServiceInstance instance) throws E;
    }

    /** Candidates, and what they were made of; both known by identity. */
    private record View(List<ServiceInstance> instances, Ejected ejected, Candidates candidates) {

        private boolean isOf(List<ServiceInstance> otherInstances, Ejected otherEjected) {
            return instances == otherInstances && ejected == otherEjected;
        }
    }
}
