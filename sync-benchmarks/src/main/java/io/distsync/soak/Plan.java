package io.distsync.soak;

import java.time.Duration;

/**
 * What a run is made of.
 *
 * @param length of the load, warm-up included; the two times of quiet come on top
 * @param warmUp what comes before the first reading
 * @param members services at a time
 * @param workers threads that work on each
 * @param actions of each worker in a second, at most
 * @param sampling time between two samples
 * @param faults time between two faults
 * @param turnover time between two services that leave
 * @param checks time between two rounds of checks
 * @param settling time between the end of all work and a reading
 * @param seed of what workers do and which faults come; not of how threads and processes meet
 */
record Plan(
        Mode mode,
        Duration length,
        Duration warmUp,
        int members,
        int workers,
        int actions,
        Duration sampling,
        Duration faults,
        Duration turnover,
        Duration checks,
        Duration settling,
        long seed) {

    /** Threads for callbacks end when they have been idle for a minute, those of dispatchers after five seconds. */
    private static final Duration ALL_IDLE = Duration.ofSeconds(65);

    private static final Duration DISPATCHERS_IDLE = Duration.ofSeconds(6);

    enum Mode {
        REDIS("redis", "Redis"),
        KAFKA("kafka", "Kafka");

        private final String argument;
        private final String title;

        Mode(String argument, String title) {
            this.argument = argument;
            this.title = title;
        }

        /** As it is called on the command line and in the names of files. */
        String argument() {
            return argument;
        }

        String title() {
            return title;
        }
    }

    /** For minutes and hours. */
    static Plan of(Mode mode, Duration length, long seed) {
        Duration sixth = length.dividedBy(6);
        Duration longest = Duration.ofMinutes(5);
        return new Plan(
                mode,
                length,
                sixth.compareTo(longest) < 0 ? sixth : longest,
                4,
                3,
                25,
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofSeconds(25),
                Duration.ofSeconds(15),
                ALL_IDLE,
                seed);
    }

    /** Whether no idle thread is left at a reading. */
    boolean isSettled() {
        return settling.compareTo(ALL_IDLE) >= 0;
    }

    /** The same in a hurry: for seconds, with everything more often. */
    Plan hurried() {
        return new Plan(
                mode,
                length,
                length.dividedBy(4),
                members - 1,
                workers,
                2 * actions,
                Duration.ofSeconds(1),
                Duration.ofMillis(300),
                Duration.ofSeconds(4),
                Duration.ofSeconds(3),
                DISPATCHERS_IDLE,
                seed);
    }
}
