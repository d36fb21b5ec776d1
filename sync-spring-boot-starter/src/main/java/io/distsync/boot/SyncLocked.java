package io.distsync.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Makes a method of a bean run while its caller holds a lock: in one call at a time in the whole cluster.
 *
 * <pre>{@code
 * @SyncLocked("order:#{#id}")
 * void ship(String id) { … }
 *
 * @Scheduled(cron = "0 0 2 * * *")
 * @SyncLocked(name = "report", onBusy = OnBusy.SKIP, atLeastFor = "1m")
 * void report() { … }
 * }</pre>
 *
 * <p><b>Which calls.</b> Those that come through the bean's proxy, so not those of the bean to itself. A method that no proxy
 * can intercept (private, final, static, or not in the interface of an interface proxy) ends the start.
 *
 * <p><b>For how long.</b> Until the method returns or throws; if it returns a {@code CompletionStage} or {@code
 * CompletableFuture}, until that completes (cancelling what the caller has does not end the work, nor the lock). The lock is around a transaction of {@code @Transactional}, so it is given back
 * after the commit; within {@code @Async}; and within {@code @Retryable}, so each attempt takes it anew. Other types that
 * stand for a later result (reactive ones, {@code Future}) end the start.
 *
 * <p><b>Nested calls.</b> A thread that is in a method with the lock has it: a call of a method with the same name of a lock
 * enters at once, with the same token. Other threads wait, those the method starts as well.
 *
 * <p>The grant with its fencing token is in {@link SyncLockedGrants} meanwhile. A lock may be lost while the method runs
 * (see {@link io.distsync.lock.LockGrant}); that is logged, and the method's result stands.
 *
 * <p>All attributes but {@link #onBusy} may contain placeholders ({@code ${…}}). Durations are texts such as {@code 500ms}, {@code 5s} or {@code
 * PT5S}.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface SyncLocked {

    /** {@link #name()}. */
    @AliasFor("name")
    String value() default "";

    /**
     * The lock: a text with expressions in {@code #{…}} over the arguments, by name ({@code #id}) or position ({@code #p0},
     * {@code #a0}), {@code #root} ({@code method}, {@code args}, {@code target}, {@code targetClass}) and beans ({@code
     * @clock}). An expression that gives {@code null} fails the call.
     */
    @AliasFor("value")
    String name() default "";

    /**
     * For how long to wait while others have the lock. If empty, five seconds when the call throws then: as with {@code
     * synchronized}, calls are expected to run one after the other, but nobody waits for ever. No time when it skips: a job
     * that waited for that of another node would do its work again.
     */
    String waitFor() default "";

    /** How long the lock stays with a node that has crashed; if empty, {@code sync.lock.lease}. */
    String lease() default "";

    /** What happens if others had the lock for all that time. */
    OnBusy onBusy() default OnBusy.THROW;

    /**
     * For how long after the lock was taken it counts as busy for this and other methods with this attribute, on all nodes,
     * even if the method has long returned, or its node has ended. For jobs that each node's clock starts: a clock that is
     * late would otherwise run a short job again. Nobody waits for the end of that time. If empty, no time.
     */
    String atLeastFor() default "";
}
