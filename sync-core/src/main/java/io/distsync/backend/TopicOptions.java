package io.distsync.backend;

import io.distsync.version.Limits;
import java.time.Duration;

/**
 * How a store keeps a topic.
 *
 * @param retention what the log keeps
 * @param logPayloads whether changes carry payloads; without them the log names the keys only. All senders must agree:
 *     what the last commit says holds for the whole log.
 * @param idleMillis after how long without a commit the whole topic may be dropped, or {@link Long#MAX_VALUE} for never. A
 *     topic that is followed, has seen a fence or holds a lease is not idle. Versions go on growing when it returns.
 */
public record TopicOptions(Retention retention, boolean logPayloads, long idleMillis) {

    private static final TopicOptions DEFAULTS = new TopicOptions(Retention.changes(1_000), true, Long.MAX_VALUE);

    public TopicOptions {
        if (idleMillis < 1) {
            throw new IllegalArgumentException("idleMillis must be positive, but is " + idleMillis);
        }
    }

    /** The last 1,000 changes with their payloads, kept for ever. */
    public static TopicOptions defaults() {
        return DEFAULTS;
    }

    /** The same with another retention. */
    public TopicOptions withRetention(Retention other) {
        return new TopicOptions(other, logPayloads, idleMillis);
    }

    /** The same with or without payloads in the log. */
    public TopicOptions withLogPayloads(boolean log) {
        return new TopicOptions(retention, log, idleMillis);
    }

    /** The same with another idle time. */
    public TopicOptions withIdleMillis(long millis) {
        return new TopicOptions(retention, logPayloads, millis);
    }

    /** Whether any of this depends on the time. */
    public boolean isTimed() {
        return retention.ageMillis() > 0 || idleMillis != Long.MAX_VALUE;
    }

    /**
     * What a log keeps: changes that are among the last n or younger than an age. Whole commits only.
     *
     * @param changes at least {@link Limits#MAX_MUTATIONS}
     * @param ageMillis 0 to keep nothing for its age
     */
    public record Retention(long changes, long ageMillis) {

        public Retention {
            if (changes < Limits.MAX_MUTATIONS) {
                throw new IllegalArgumentException("retention must be at least " + Limits.MAX_MUTATIONS
                        + " changes (one maximal commit), but is " + changes);
            }
            if (ageMillis < 0) {
                throw new IllegalArgumentException("retention age must not be negative, but is " + ageMillis + " ms");
            }
        }

        public static Retention changes(long changes) {
            return new Retention(changes, 0);
        }

        public static Retention age(Duration age) {
            return new Retention(Limits.MAX_MUTATIONS, age.toMillis());
        }

        public static Retention everything() {
            return new Retention(Long.MAX_VALUE, 0);
        }
    }
}
