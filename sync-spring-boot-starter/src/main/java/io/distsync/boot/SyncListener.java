package io.distsync.boot;

import io.distsync.Delivery;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a method of a bean a listener of a topic.
 *
 * <p>The method returns nothing and takes the state, or {@code Versioned} of it, and optionally the {@code Version} as
 * a second parameter:
 *
 * <pre>{@code
 * @SyncListener
 * void show(AppState state) { … }
 *
 * @SyncListener(topic = "room:${room}", delivery = Delivery.LATEST)
 * void show(Versioned<Room> room) { … }
 * }</pre>
 *
 * <p><b>What it is told.</b> The present state first, if there is one, and then changes in order; calls of one listener
 * never overlap, and versions strictly increase unless history itself was reset. Calls come on threads of the service
 * made for listeners and may block. A delete is delivered as the topic's initial value; take {@code Versioned} and ask
 * {@code present()} to tell it from a write. If the topic has no initial value, a delete is {@code null} for a state
 * parameter marked {@code @Nullable}, and not delivered to one that is not.
 *
 * <p><b>Which methods.</b> Any visibility, inherited ones included, as many as the bean has. A method which a proxy can
 * intercept is called through it, so that aspects apply; one which it cannot (private, final, or not in the interface of
 * an interface proxy) is called on the target. The bean is looked up for each call: a lazy bean is created by the first
 * one, a prototype is created anew each time. Beans whose class the container cannot tell before it creates them are not
 * searched.
 *
 * <p><b>When.</b> Listeners start when all singletons are ready and before the web server takes requests; they stop after
 * it has served its last, and before the service closes. See {@link SyncListenerRegistry} to start and stop one by hand.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface SyncListener {

    /**
     * The topic's name; if empty, the one of the state type's {@code @SyncTopic}. May contain placeholders ({@code
     * ${…}}) and expressions ({@code #{…}}). If the context has a {@code Topic} bean of that name, it is used with its
     * initial value and options.
     */
    String topic() default "";

    /** Whether to be told every change, or the newest state only. */
    Delivery delivery() default Delivery.EVERY;

    /**
     * Names the listener in status, logs and the {@link SyncListenerRegistry}; unique in the context. If empty, the
     * bean's name and the method's. May contain placeholders and expressions.
     */
    String id() default "";

    /** What happens after a call that threw, or a change that could not be decoded. */
    ErrorHandling errorHandling() default ErrorHandling.LOG_AND_CONTINUE;

    /** Name of a {@link SyncListenerErrorHandler} bean that decides instead of {@link #errorHandling()}. */
    String errorHandler() default "";

    /** {@code false} to leave the start to {@link SyncListenerRegistry#start}. May contain placeholders and expressions. */
    String autoStartup() default "true";
}
