package io.distsync.soak;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/**
 * Everything at once, for as long as one likes, with faults: {@code --mode redis|kafka --minutes 60 --to docs/soak}. Ends with
 * 1 if anything was wrong, or has grown. What is done and checked: docs/soak.md.
 */
public final class Soak {

    private static final String USAGE =
            "--mode redis|kafka [--minutes 60] [--to sync-benchmarks/target/soak] [--seed number]";

    private Soak() {}

    public static void main(String[] arguments) throws InterruptedException, IOException {
        Plan.Mode mode = Plan.Mode.REDIS;
        Duration length = Duration.ofMinutes(60);
        Path to = Path.of("sync-benchmarks", "target", "soak");
        long seed = System.nanoTime();
        Iterator<String> words = List.of(arguments).iterator();
        while (words.hasNext()) {
            String option = words.next();
            if (!words.hasNext()) {
                throw new IllegalArgumentException(USAGE);
            }
            String value = words.next();
            switch (option) {
                case "--mode" -> mode = mode(value);
                case "--minutes" -> length = Duration.ofMillis((long) (60_000 * Double.parseDouble(value)));
                case "--to" -> to = Path.of(value);
                case "--seed" -> seed = Long.parseLong(value);
                default -> throw new IllegalArgumentException(USAGE);
            }
        }
        Plan plan = Plan.of(mode, length, seed);
        System.out.println("seed " + seed);
        Outcome outcome = Run.of(length.compareTo(Duration.ofMinutes(2)) < 0 ? plan.hurried() : plan);
        Report report = new Report(outcome);
        report.write(to);
        System.out.println(report.markdown());
        outcome.wrong().forEach(System.out::println);
        System.exit(outcome.isGood() ? 0 : 1);
    }

    private static Plan.Mode mode(String value) {
        return Arrays.stream(Plan.Mode.values())
                .filter(mode -> mode.argument().equals(value.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(USAGE));
    }
}
