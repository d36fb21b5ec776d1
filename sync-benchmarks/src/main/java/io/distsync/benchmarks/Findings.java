package io.distsync.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What was measured for one {@link Question}, as a table and as pictures. */
final class Findings {

    private final Question question;
    private final Map<Side, NavigableMap<Integer, List<Double>>> values = new LinkedHashMap<>();

    Findings(Question question) {
        this.question = question;
        question.sides().forEach(side -> values.put(side, new TreeMap<>()));
    }

    void add(Side side, int point, double value) {
        at(side).computeIfAbsent(point, absent -> new ArrayList<>()).add(value);
    }

    private NavigableMap<Integer, List<Double>> at(Side side) {
        return Objects.requireNonNull(values.get(side), side::label);
    }

    // --- table -------------------------------------------------------------------------------------------------------

    /** Heading, pictures and table. */
    String markdown(String folder) {
        StringBuilder text = new StringBuilder("### " + question.title() + "\n");
        for (String name : pictures().keySet()) {
            text.append("\n![")
                    .append(question.title())
                    .append("](")
                    .append(folder)
                    .append('/')
                    .append(name)
                    .append(")\n");
        }
        List<Integer> points = measuredPoints();
        text.append("\n| ").append(question.across() == null ? "" : question.across());
        points.forEach(point -> text.append(" | ")
                .append(question.across() == null ? "" : question.point().apply(point)));
        text.append(" |\n|").append("---|".repeat(points.size() + 1)).append('\n');
        for (Side side : question.sides()) {
            text.append("| ").append(side.label());
            for (int point : points) {
                List<Double> found = at(side).get(point);
                text.append(" | ").append(found == null ? "" : question.unit().format(Spread.of(found)));
            }
            text.append(" |\n");
        }
        return text.toString();
    }

    private List<Integer> measuredPoints() {
        return values.values().stream()
                .flatMap(each -> each.keySet().stream())
                .distinct()
                .sorted()
                .toList();
    }

    // --- pictures ----------------------------------------------------------------------------------------------------

    /** Pictures by the names of their files. */
    Map<String, String> pictures() {
        Map<String, String> pictures = new LinkedHashMap<>();
        List<Integer> points = measuredPoints();
        for (int point : question.compared()) {
            if (points.contains(point)) {
                pictures.put(fileName(question.across() == null ? "" : "-" + point), rows(point));
            }
        }
        List<Chart.Series> lines = values.keySet().stream()
                .filter(side -> question.across() != null
                        && side.points().size() > question.compared().size())
                .map(this::series)
                .toList();
        if (!lines.isEmpty()) {
            pictures.put(
                    fileName(""),
                    Chart.lines(
                            question.title(),
                            subtitle(),
                            question.unit(),
                            Objects.requireNonNull(question.across()),
                            question.point(),
                            lines));
        }
        return pictures;
    }

    private String fileName(String suffix) {
        return "overview-" + question.name() + suffix + ".svg";
    }

    private String rows(int point) {
        String title = question.across() == null
                ? question.title()
                : question.title() + ": " + question.point().apply(point) + " " + question.across();
        List<Chart.Series> series = values.entrySet().stream()
                .filter(each -> each.getValue().containsKey(point))
                .map(each -> new Chart.Series(
                        each.getKey().label(),
                        each.getKey().family(),
                        new TreeMap<>(Map.of(
                                point,
                                Spread.of(Objects.requireNonNull(each.getValue().get(point)))))))
                .toList();
        return Chart.rows(title, subtitle(), question.unit(), question.best(), series);
    }

    private Chart.Series series(Side side) {
        NavigableMap<Integer, Spread> spreads = new TreeMap<>();
        at(side).forEach((point, found) -> spreads.put(point, Spread.of(found)));
        return new Chart.Series(side.label(), side.family(), spreads);
    }

    private String subtitle() {
        String better = question.unit() == Unit.PER_SECOND ? "More is better" : "Less is better";
        int rounds = values.values().stream()
                .flatMap(each -> each.values().stream())
                .mapToInt(List::size)
                .max()
                .orElse(0);
        return better + ". Median of " + rounds + (rounds == 1 ? " round" : " rounds")
                + ", with the smallest and the greatest value.";
    }

    // --- raw ---------------------------------------------------------------------------------------------------------

    static final String CSV_HEADING = "question;contender;point;unit;round;value\n";

    /** A line for each measurement. */
    String csv() {
        return values.entrySet().stream()
                .flatMap(side -> side.getValue().entrySet().stream()
                        .map(point -> lines(side.getKey(), point.getKey(), point.getValue())))
                .collect(Collectors.joining());
    }

    private String lines(Side side, int point, List<Double> found) {
        StringBuilder text = new StringBuilder();
        for (int round = 0; round < found.size(); round++) {
            text.append(String.format(
                    Locale.ROOT,
                    "%s;%s;%d;%s;%d;%.1f\n",
                    question.name(),
                    side.label(),
                    point,
                    question.unit(),
                    round + 1,
                    found.get(round)));
        }
        return text.toString();
    }
}
