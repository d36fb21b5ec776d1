package io.distsync.backend.redis;

import io.distsync.backend.support.MalformedDataException;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.SyncException;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Says of what went wrong whether it may have had an effect. */
final class Failures {

    /** The server refused for a reason that passes, before it did anything. */
    private static final Set<String> PASSING = Set.of(
            "LOADING",
            "BUSY",
            "READONLY",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "TRYAGAIN",
            "MOVED",
            "ASK",
            "OOM",
            "MISCONF",
            "NOREPLICAS",
            "NOSCRIPT");

    /** The server is not the one that holds the slot, or does not know who does. */
    private static final Set<String> ELSEWHERE = Set.of("MOVED", "ASK", "CLUSTERDOWN", "READONLY");

    private static final String WRONG_TYPE = "WRONGTYPE";

    /** The server refused, and will do so again. */
    private static final Set<String> LASTING = Set.of("NOAUTH", "WRONGPASS", "NOPERM", "CROSSSLOT", WRONG_TYPE);

    private Failures() {}

    /** What a stage failed with, without what stages put around it. */
    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** A commit that failed. */
    static RuntimeException ofCommit(String topic, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof SyncException || cause instanceof IllegalArgumentException) {
            return (RuntimeException) cause;
        }
        RuntimeException refusal = refusal(topic, cause);
        boolean inTheMiddle = code(cause).equals("NOPERM")
                && String.valueOf(cause.getMessage()).contains("script");
        return refusal != null && !inTheMiddle
                ? refusal
                : new OutcomeUnknownException(
                        "no answer of Redis to a commit to topic '" + topic + "': " + cause.getMessage(), cause);
    }

    /** Something failed that changes nothing. */
    static RuntimeException ofRead(String topic, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof SyncException || cause instanceof IllegalArgumentException) {
            return (RuntimeException) cause;
        }
        if (cause instanceof MalformedDataException) {
            return new RejectedException(
                    "topic '" + topic + "' cannot be read, it holds what is not ours: " + cause.getMessage(), cause);
        }
        RuntimeException refusal = refusal(topic, cause);
        return refusal != null
                ? refusal
                : new BackendUnavailableException(
                        "no answer of Redis for topic '" + topic + "': " + cause.getMessage(), cause);
    }

    /** A server that cannot be used: out of reach, or it will not have us. */
    static NotAppliedException ofServer(String name, @Nullable Throwable failure) {
        String why = failure == null ? "the connection was lost" : String.valueOf(failure.getMessage());
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RejectedException) {
                return new RejectedException("Redis at " + name + " cannot be used: " + cause.getMessage(), cause);
            }
            if (cause instanceof RedisCommandExecutionException && LASTING.contains(code(cause))) {
                return new RejectedException("Redis at " + name + " refuses this client: " + cause.getMessage(), cause);
            }
        }
        String message = "Redis at " + name + " cannot be reached: " + why;
        return failure == null
                ? new BackendUnavailableException(message)
                : new BackendUnavailableException(message, failure);
    }

    static boolean isOfAReplica(Throwable failure) {
        return code(failure).equals("READONLY");
    }

    /** Whether another server of a cluster has to be asked. */
    static boolean isElsewhere(Throwable failure) {
        return ELSEWHERE.contains(code(failure));
    }

    private static @Nullable RuntimeException refusal(String topic, Throwable cause) {
        if (!(cause instanceof RedisCommandExecutionException)) {
            return null;
        }
        String code = code(cause);
        String message = "Redis refused a request for topic '" + topic + "': " + cause.getMessage();
        if (PASSING.contains(code)) {
            return new BackendUnavailableException(message, cause);
        }
        return LASTING.contains(code) ? new RejectedException(message, cause) : null;
    }

    /** The first word of the error, or of the error a script met; up to Redis 6.2 that one comes in the middle. */
    private static String code(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains(WRONG_TYPE)) {
            return WRONG_TYPE; // by a script, in the middle of the message
        }
        int inScript = message.indexOf(": -");
        String text = inScript >= 0 ? message.substring(inScript + 3) : message;
        int end = text.indexOf(' ');
        return end < 0 ? text : text.substring(0, end);
    }
}
