package io.distsync.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Makes a method of a bean run only where this application leads. The application stands for the election from the time its
 * context is ready until it stops.
 *
 * <pre>{@code
 * @Scheduled(fixedDelay = 1_000)
 * @LeaderOnly("importer")
 * void importNext() { … }
 * }</pre>
 *
 * <p><b>Which calls.</b> Those that come through the bean's proxy, so not those of the bean to itself. A method that no proxy
 * can intercept (private, final, static, or not in the interface of an interface proxy) ends the start.
 *
 * <p><b>What is looked at.</b> Whether this process leads when the method is called, without I/O. The term may end while it
 * runs: what takes effect elsewhere has to check the token of {@link SyncLeadership#current()}. The look comes before a
 * lock of {@link SyncLocked} is taken and before a transaction is begun, and within {@code @Async} and {@code @Retryable}.
 *
 * <p>{@code Mono}, {@code Future} and other types that stand for a later result end the start, except {@code CompletionStage}
 * and {@code CompletableFuture}.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface LeaderOnly {

    /** {@link #name()}. */
    @AliasFor("name")
    String value() default "";

    /** The election; may contain placeholders ({@code ${…}}). */
    @AliasFor("value")
    String name() default "";

    /**
     * What becomes of a call where this process does not lead: it is skipped, because each node makes it and one is to do the
     * work; or it throws {@link NotLeaderException}.
     */
    OnBusy otherwise() default OnBusy.SKIP;
}
