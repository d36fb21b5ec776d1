package io.distsync.benchmarks;

import io.distsync.benchmarks.Drawing.Anchor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** Pictures of medians, each with a line from the smallest to the greatest value. */
final class Chart {

    private static final int WIDTH = 880;
    private static final int TOP = 66;
    private static final int BOTTOM = 400;
    private static final int ROW = 26;

    /** What a line or a row shows: values by their place on the other axis. */
    record Series(String label, Family family, NavigableMap<Integer, Spread> values) {}

    private Chart() {}

    // --- rows --------------------------------------------------------------------------------------------------------

    /**
     * One value for each series, in a row of its own, the best first.
     *
     * @param subtitle what the values are, and how they were taken
     * @param best which of two spreads is better, the better one first
     */
    static String rows(String title, String subtitle, Unit unit, Comparator<Spread> best, List<Series> series) {
        int left = 300;
        int right = WIDTH - 90;
        List<Series> sorted = series.stream()
                .sorted(Comparator.comparing(each -> each.values().firstEntry().getValue(), best))
                .toList();
        int bottom = TOP + sorted.size() * ROW;
        Drawing drawing = new Drawing(WIDTH, bottom + 54, title, subtitle);
        Axis axis = axis(sorted, left, right);
        for (double tick : axis.ticks()) {
            drawing.grid(axis.place(tick), TOP, axis.place(tick), bottom);
            drawing.note(unit.format(tick), axis.place(tick), bottom + 18, Anchor.MIDDLE);
        }
        drawing.frame(left, bottom, right, bottom);
        drawing.note(scale(unit, axis), (left + right) / 2.0, bottom + 40, Anchor.MIDDLE);
        double y = TOP + ROW / 2.0;
        for (Series each : sorted) {
            Spread spread = each.values().firstEntry().getValue();
            drawing.label(each.label(), left - 14, y + 4, Anchor.END);
            drawing.spread(each.family(), axis.place(spread.min()), y, axis.place(spread.max()), y);
            drawing.point(each.family(), axis.place(spread.median()), y, 5);
            drawing.note(unit.format(spread.median()), WIDTH - 12, y + 4, Anchor.END);
            y += ROW;
        }
        return drawing.svg();
    }

    // --- lines -------------------------------------------------------------------------------------------------------

    /**
     * A line for each series, over what grows.
     *
     * @param across what grows
     * @param point what is written at a place of it
     */
    static String lines(
            String title, String subtitle, Unit unit, String across, IntFunction<String> point, List<Series> series) {
        int left = 84;
        int right = WIDTH - 284;
        int bottom = BOTTOM;
        Drawing drawing = new Drawing(WIDTH, bottom + 56, title, subtitle);
        Axis upright = axis(series, bottom, TOP);
        List<Integer> points = series.stream()
                .flatMap(each -> each.values().keySet().stream())
                .distinct()
                .sorted()
                .toList();
        Axis level = Axis.at(points.stream().map(Integer::doubleValue).toList(), left + 12, right - 12);
        for (double tick : upright.ticks()) {
            drawing.grid(left, upright.place(tick), right, upright.place(tick));
            drawing.note(unit.format(tick), left - 8, upright.place(tick) + 4, Anchor.END);
        }
        for (int each : points) {
            drawing.frame(level.place(each), bottom, level.place(each), bottom + 4);
            drawing.note(point.apply(each), level.place(each), bottom + 18, Anchor.MIDDLE);
        }
        drawing.frame(left, bottom, right, bottom);
        drawing.note(across + " (logarithmic)", (left + right) / 2.0, bottom + 40, Anchor.MIDDLE);
        drawing.uprightNote(scale(unit, upright), 20, (TOP + bottom) / 2.0);
        series.forEach(each -> line(drawing, each, level, upright));
        legend(drawing, series, upright, right + 14);
        return drawing.svg();
    }

    private static void line(Drawing drawing, Series series, Axis level, Axis upright) {
        drawing.path(
                series.family(),
                series.values().entrySet().stream()
                        .map(each -> String.format(
                                Locale.ROOT,
                                "%.1f,%.1f",
                                level.place(each.getKey()),
                                upright.place(each.getValue().median())))
                        .collect(Collectors.joining(" ")));
        for (Map.Entry<Integer, Spread> each : series.values().entrySet()) {
            double x = level.place(each.getKey());
            Spread spread = each.getValue();
            drawing.spread(series.family(), x, upright.place(spread.min()), x, upright.place(spread.max()));
            drawing.point(series.family(), x, upright.place(spread.median()), 3.5);
        }
    }

    /** Beside the ends of the lines, in their order, and no two in the same place. */
    private static void legend(Drawing drawing, List<Series> series, Axis upright, double x) {
        List<Series> sorted = new ArrayList<>(series);
        sorted.sort(Comparator.comparing(each -> end(each, upright)));
        double[] places =
                sorted.stream().mapToDouble(each -> end(each, upright)).toArray();
        for (int i = 1; i < places.length; i++) {
            places[i] = Math.max(places[i], places[i - 1] + 18);
        }
        double lowest = BOTTOM;
        for (int i = places.length - 1; i >= 0; i--) {
            places[i] = Math.min(places[i], lowest);
            lowest = places[i] - 18;
        }
        for (int i = 0; i < places.length; i++) {
            Series each = sorted.get(i);
            drawing.path(
                    each.family(), String.format(Locale.ROOT, "%.1f,%.1f %.1f,%.1f", x, places[i], x + 22, places[i]));
            drawing.point(each.family(), x + 11, places[i], 3.5);
            drawing.label(each.label(), x + 28, places[i] + 4, Anchor.START);
        }
    }

    private static double end(Series series, Axis upright) {
        return upright.place(series.values().lastEntry().getValue().median());
    }

    // --- both --------------------------------------------------------------------------------------------------------

    private static Axis axis(List<Series> series, double from, double to) {
        List<Double> values = series.stream()
                .flatMap(each -> each.values().values().stream())
                .flatMap(spread -> List.of(spread.min(), spread.max()).stream())
                .toList();
        return Axis.of(Collections.min(values), Collections.max(values), from, to);
    }

    private static String scale(Unit unit, Axis axis) {
        return unit.quantity() + (axis.isLogarithmic() ? " (logarithmic)" : "");
    }
}
