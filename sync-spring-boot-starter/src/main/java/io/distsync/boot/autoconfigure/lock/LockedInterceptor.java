package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.OnBusy;
import io.distsync.error.SyncException;
import io.distsync.lease.Release;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockNotAcquiredException;
import io.distsync.lock.SyncLocks;
import io.distsync.log.LogEvent;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.support.AopUtils;

/** Calls a method while holding its lock. */
final class LockedInterceptor implements MethodInterceptor {

    private static final Logger log = LoggerFactory.getLogger(LockedInterceptor.class);

    private final LockedMethods methods;
    private final ThreadGrants grants;
    private final SyncLocks locks;
    private final MinimumHold minimumHold;

    LockedInterceptor(LockedMethods methods, ThreadGrants grants, SyncLocks locks, MinimumHold minimumHold) {
        this.methods = methods;
        this.grants = grants;
        this.locks = locks;
        this.minimumHold = minimumHold;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the caller's to look at
    public @Nullable Object invoke(MethodInvocation call) throws Throwable {
        Object target = Objects.requireNonNull(call.getThis());
        LockedMethod method = methods.of(call.getMethod(), AopUtils.getTargetClass(target));
        String name = methods.name(method, call.getMethod(), call.getArguments(), target);
        LockGrant grant = grants.reenter(name);
        if (grant == null) {
            try {
                grant = acquire(method, name);
                if (grant == null) {
                    return method.method().nothing();
                }
            } catch (SyncException e) {
                if (method.method().returnsStage()) {
                    return CompletableFuture.failedFuture(e);
                }
                throw e;
            }
        }
        return run(call, method, grant);
    }

    /** The lock; {@code null} if it is busy and the call is to be skipped. */
    private @Nullable LockGrant acquire(LockedMethod method, String name) {
        Optional<LockGrant> granted = method.lease() == null
                ? locks.tryLock(name, method.waitFor())
                : locks.tryLock(name, method.waitFor(), method.lease());
        if (granted.isEmpty()) {
            return busy(method, name, "was taken for as long as was to be waited, " + method.waitFor());
        }
        Duration atLeast = method.atLeastFor();
        if (atLeast.isZero()) {
            return granted.get();
        }
        return minimumHold
                .begin(granted.get(), atLeast)
                .orElseGet(() -> busy(method, name, "counts as busy for a minimal time, which is not waited for"));
    }

    private static @Nullable LockGrant busy(LockedMethod method, String name, String why) {
        String place = method.method().place();
        if (method.onBusy() == OnBusy.SKIP) {
            log.debug("lock '{}' {}; {} is skipped", name, why, place);
            return null;
        }
        throw new LockNotAcquiredException("lock '" + name + "' " + why + "; " + place + " was not called");
    }

    private @Nullable Object run(MethodInvocation call, LockedMethod method, LockGrant grant) throws Throwable {
        boolean later = false;
        grants.push(grant);
        try {
            Object result = call.proceed();
            if (result instanceof CompletionStage<?> stage) {
                Object released = released(stage, method, grant);
                later = true;
                return released;
            }
            return result;
        } finally {
            grants.pop();
            if (!later) {
                note(grant.release(), method, grant);
            }
        }
    }

    /** Completes as that stage does, when the lock has been given back. */
    private static CompletableFuture<@Nullable Object> released(
            CompletionStage<?> stage, LockedMethod method, LockGrant grant) {
        CompletableFuture<@Nullable Object> released = new CompletableFuture<>();
        var unused = stage.whenComplete((value, failure) -> {
            var unusedToo = grant.releaseAsync().thenAccept(answer -> {
                note(answer, method, grant);
                if (failure == null) {
                    released.complete(value);
                } else {
                    released.completeExceptionally(failure);
                }
            });
        });
        return released;
    }

    private static void note(Release answer, LockedMethod method, LockGrant grant) {
        if (answer == Release.ALREADY_LOST) {
            LogEvent.LOCK_LOST_IN_CALL
                    .on(log)
                    .log(
                            "lock '{}' was lost while {} was running",
                            grant.name(),
                            method.method().place());
        }
    }
}
