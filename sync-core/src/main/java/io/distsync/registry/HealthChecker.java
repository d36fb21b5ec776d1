package io.distsync.registry;

import io.distsync.lease.Callbacks;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks one instance again and again, and tells when the verdict turns. */
final class HealthChecker implements AutoCloseable {

    /*
     * Threads. The check itself runs on a thread for callbacks; its answer comes on any thread, or its timeout on the
     * scheduler's, whichever is first. The next check is begun when there is an answer and the call has returned, so there is
     * one at a time, and "health" and "failing" have one writer. The monitor guards the timer.
     */

    private static final Logger log = LoggerFactory.getLogger(HealthChecker.class);

    private final HealthCheck check;
    private final HealthCheckOptions options;
    private final Supplier<ServiceInstance> instance;
    private final Consumer<Boolean> onVerdict;
    private final Scheduler scheduler;
    private final Callbacks callbacks;
    private Health health;
    private boolean failing;
    private Scheduler.@Nullable Cancellable timer;
    private boolean closed;

    HealthChecker(
            HealthCheck check,
            HealthCheckOptions options,
            Supplier<ServiceInstance> instance,
            Consumer<Boolean> onVerdict,
            Scheduler scheduler,
            Callbacks callbacks) {
        this.check = check;
        this.options = options;
        this.instance = instance;
        this.onVerdict = onVerdict;
        this.scheduler = scheduler;
        this.callbacks = callbacks;
        this.health = Health.unknown(options);
    }

    /** Begins a check. */
    void begin() {
        CompletableFuture<@Nullable Void> answer = new CompletableFuture<>();
        CompletableFuture<@Nullable Void> returned = new CompletableFuture<>();
        Scheduler.Cancellable alarm;
        synchronized (this) {
            if (closed) {
                return;
            }
            alarm = scheduler.schedule(
                    () -> answer.completeExceptionally(new TimeoutException("no answer within " + options.timeout())),
                    options.timeout());
            timer = alarm;
        }
        callbacks.run(() -> call(answer, returned));
        CompletableFuture<Void> judged = answer.handle((none, failure) -> {
            alarm.cancel();
            judge(failure);
            return null;
        });
        var unused = CompletableFuture.allOf(judged, returned).thenRun(this::beginLater);
    }

    private void call(CompletableFuture<@Nullable Void> answer, CompletableFuture<@Nullable Void> returned) {
        try {
            var unused = check.check(instance.get(), options.timeout()).whenComplete((any, failure) -> {
                if (failure == null) {
                    answer.complete(null);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
        } catch (Exception e) {
            answer.completeExceptionally(e);
        } finally {
            returned.complete(null);
        }
    }

    private void judge(@Nullable Throwable failure) {
        Health before = health;
        health = before.after(failure == null, options);
        if (failure != null) {
            (failing ? log.atDebug() : LogEvent.REGISTRY_CHECK_FAILED.on(log))
                    .setCause(failure)
                    .log("instance '{}' failed a health check", instance.get().id());
        }
        failing = failure != null;
        if (health.up() != before.up()) {
            onVerdict.accept(health.up());
        }
    }

    private synchronized void beginLater() {
        if (!closed) {
            timer = scheduler.schedule(this::begin, options.interval());
        }
    }

    /** Begins no more checks; the answer to one under way may still be told. */
    @Override
    public synchronized void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
