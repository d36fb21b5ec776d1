package io.distsync.soak;

import io.distsync.Topic;
import io.distsync.backend.TopicOptions.Retention;
import java.time.Duration;

/** What is worked on. There is a fixed number of everything, so that what is in the store cannot grow by right. */
final class Names {

    static final int MANY = 40;
    static final int REGISTERS = 16;
    static final int ROOMS = 48;
    static final int LOCKS = 12;
    static final int SHARED_LOCKS = 4;
    static final int GUARDED = 3;
    static final int SEMAPHORES = 3;
    static final int PERMITS = 3;
    static final int COUNTERS = 4;
    static final int ELECTIONS = 2;
    static final int ACCOUNTS = 20;
    static final int DOCUMENTS = 12;

    private static final int SINGLE = 9; // the hot and the conflated state, five maps, the registry, the leased counter

    /** All topics of a run, those of what is held included. */
    static final int TOPICS =
            SINGLE + MANY + REGISTERS + ROOMS + LOCKS + SHARED_LOCKS + 2 * GUARDED + SEMAPHORES + COUNTERS + ELECTIONS;

    static final String SERVICE = "soak-service";
    static final String UNDER_WAY = "soak-under-way";

    /** Small, so that logs are full before the first reading. */
    static final Retention RETENTION = Retention.changes(256);

    /** One that everybody updates. */
    static final Topic<Count> HOT = counting("soak:hot");

    static final Topic<Count> CONFLATED = counting("soak:conflated").withConflation();

    static final Topic<Long> BALANCES = Topic.of("soak:accounts", Long.class).withInitial(() -> 0L);
    static final Topic<Long> ENTRIES = Topic.of("soak:entries", Long.class).withInitial(() -> 0L);
    static final Topic<String> SESSIONS = Topic.of("soak:sessions", String.class);
    static final Topic<String> LINE = Topic.of("soak:line", String.class);
    static final Topic<String> TEXTS = Topic.of("soak:documents", String.class).withKeysOnlyLog();

    /** A state that is counted up, with some weight. */
    record Count(long value, String by) {

        static final Count NONE = new Count(0, "");

        Count next(String member) {
            return new Count(value + 1, member);
        }
    }

    private Names() {}

    private static Topic<Count> counting(String name) {
        return Topic.of(name, Count.class).withInitial(() -> Count.NONE);
    }

    static Topic<Count> many(int number) {
        return HOT.withName("soak:many:" + number);
    }

    static Topic<String> register(int number) {
        return Topic.of("soak:register:" + number, String.class);
    }

    /** Dropped when nobody has used it for a moment. */
    static Topic<Count> room(int number) {
        return HOT.withName("soak:room:" + number).withIdleExpiry(Duration.ofSeconds(3));
    }

    static Topic<String> guarded(int number) {
        return Topic.of("soak:guarded:" + number, String.class).withInitial(() -> "");
    }

    static String lock(int number) {
        return "soak-lock-" + number;
    }

    /** The lock of a guarded state. */
    static String guard(int number) {
        return "soak-guard-" + number;
    }

    static String sharedLock(int number) {
        return "soak-shared-" + number;
    }

    static String semaphore(int number) {
        return "soak-semaphore-" + number;
    }

    static String counter(int number) {
        return "soak-counter-" + number;
    }

    static String election(int number) {
        return "soak-election-" + number;
    }
}
