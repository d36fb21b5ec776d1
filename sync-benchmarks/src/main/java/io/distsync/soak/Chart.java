package io.distsync.soak;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Heap, threads and keys over time, one below the other. */
final class Chart {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 120;
    private static final int LEFT = 60;
    private static final int GAP = 40;

    private Chart() {}

    static String of(Outcome outcome) {
        List<Reading> all = outcome.readings();
        List<Reading> collected = all.stream().filter(Reading::collected).toList();
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                LEFT + WIDTH + GAP,
                3 * (HEIGHT + GAP) + GAP));
        panel(svg, 0, "heap after garbage collection, MB", collected, reading -> Reading.megabytes(reading.heap()));
        panel(svg, 1, "threads", all, Reading::threads);
        panel(svg, 2, "keys in Redis", all, Reading::keys);
        long last = all.isEmpty() ? 0 : all.get(all.size() - 1).second();
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d s</text>\n</svg>\n",
                LEFT + WIDTH,
                3 * (HEIGHT + GAP) + 16,
                last));
        return svg.toString();
    }

    private static void panel(
            StringBuilder svg, int place, String title, List<Reading> readings, ToDoubleFunction<Reading> value) {
        double most = readings.stream().mapToDouble(value).max().orElse(1) * 1.1;
        long seconds = readings.stream().mapToLong(Reading::second).max().orElse(1);
        int top = GAP + place * (HEIGHT + GAP);
        String points = readings.stream()
                .map(reading -> String.format(
                        Locale.ROOT,
                        "%.1f,%.1f",
                        LEFT + WIDTH * (double) reading.second() / Math.max(1, seconds),
                        top + HEIGHT * (1 - value.applyAsDouble(reading) / Math.max(1, most))))
                .collect(Collectors.joining(" "));
        svg.append(String.format(
                Locale.ROOT,
                """
                <text x="%d" y="%d">%s</text>
                <path d="M%d %dV%dH%d" fill="none" stroke="gray"/>
                <text x="%d" y="%d" text-anchor="end">%.0f</text>
                <text x="%d" y="%d" text-anchor="end">0</text>
                <polyline points="%s" fill="none" stroke="steelblue" stroke-width="1.5"/>
                """,
                LEFT,
                top - 8,
                title,
                LEFT,
                top,
                top + HEIGHT,
                LEFT + WIDTH,
                LEFT - 6,
                top + 10,
                most,
                LEFT - 6,
                top + HEIGHT,
                points));
    }
}
