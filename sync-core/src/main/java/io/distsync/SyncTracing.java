package io.distsync;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows calls on their way to the store, and their changes to the listeners on other nodes. What a call says of itself
 * ({@link Span#headers()}) travels with its changes. Methods are called on the threads that do the work, so they must be quick,
 * must not block and must not throw.
 */
public interface SyncTracing {

    /** Follows nothing, and lets the service take the shorter ways. */
    SyncTracing NONE = new SyncTracing() {
        @Override
        public boolean isEnabled() {
            return false;
        }
    };

    /** Whether anything is to be followed at all. */
    default boolean isEnabled() {
        return true;
    }

    /**
     * A call begins that may change its topic. On the thread of the caller; it may end on any other.
     *
     * @param operation {@code update}, {@code send}, {@code delete}, {@code compare_and_set} or {@code commit}
     */
    default Span call(String topic, String operation) {
        return Span.NONE;
    }

    /**
     * A commit is handed to the store; each attempt by itself. On any thread.
     *
     * @param first the span of the first call it carries
     * @param calls how many it carries
     */
    default Span commit(String topic, Span first, int calls) {
        return Span.NONE;
    }

    /**
     * Calls a listener, on this thread.
     *
     * @param listener its name
     * @param headers of the change it is told, of the first that has any if there are several; empty for a state that is not
     *     told as a change
     * @param call does it; to be run once, and what it throws is to be passed on
     */
    default void deliver(String topic, String listener, Map<String, String> headers, Call call) throws Exception {
        call.run();
    }

    /** A call of a listener. */
    @FunctionalInterface
    interface Call {
        /** Calls it. */
        void run() throws Exception;
    }

    /** Something that takes time. */
    interface Span {

        /** Says nothing. */
        Span NONE = new Span() {};

        /**
         * What is to travel with the changes of this call, within {@link io.distsync.version.Limits#checkHeaders}; more than
         * that does not travel.
         */
        default Map<String, String> headers() {
            return Map.of();
        }

        /**
         * It is over. Called once.
         *
         * @param outcome of a call {@code applied}, {@code conflict} (a comparison that failed), {@code not_applied}, {@code
         *     unknown} or {@code failed} (by an argument or a function); of a commit {@code committed}, {@code conflict}, {@code too_old} or
         *     {@code failed}
         * @param failure what the caller is told, if it failed
         */
        default void end(String outcome, @Nullable Throwable failure) {}
    }
}
