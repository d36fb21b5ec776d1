package io.distsync;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Names the topic whose state is of the annotated type, so that the type alone identifies it. If the type has a
 * constructor without arguments (of any visibility), what it makes is the initial value.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface SyncTopic {

    /** The topic's name: 1 to 200 characters of {@code A-Z a-z 0-9 . _ - : /}. */
    String value();

    /** Whether concurrent updates of one node may share one revision; see {@link Topic#withConflation()}. */
    boolean conflated() default false;
}
