package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ChartTest {

    private static final Comparator<Spread> LESS_IS_BETTER = Comparator.comparingDouble(Spread::median);

    @Test
    void rowsAreSortedAndSayWhatTheyShow() throws Exception {
        Document drawn = rows(
                series("slow <&>", Family.REDISSON, Map.of(1, new Spread(3_000, 2_000, 5_000))),
                series("fast", Family.REDIS_MODE, Map.of(1, new Spread(1_000, 1_000, 1_000))));

        assertThat(texts(drawn))
                .containsSubsequence("A title", "A subtitle", "time", "fast", "1 µs", "slow <&>", "3 µs")
                .contains("0 ns", "5 µs");
    }

    @Test
    void spreadReachesFromTheSmallestToTheGreatestAndThePointIsTheMedian() throws Exception {
        Document drawn = rows(series("one", Family.HAZELCAST, Map.of(1, new Spread(3_000, 2_000, 5_000))));

        Element spread = elements(drawn, "line")
                .filter(each -> each.getAttribute("class").equals("HAZELCAST"))
                .findFirst()
                .orElseThrow();
        Element point = elements(drawn, "circle").findFirst().orElseThrow();
        double zero = 300;
        double perMicro = (number(spread, "x2") - zero) / 5;
        assertThat(number(spread, "x1")).isEqualTo(zero + 2 * perMicro, within(0.2));
        assertThat(number(point, "cx")).isEqualTo(zero + 3 * perMicro, within(0.2));
    }

    @Test
    void lineGoesThroughTheMedians() throws Exception {
        Document drawn = lines(series(
                "one",
                Family.BY_HAND,
                new TreeMap<>(Map.of(
                        1, new Spread(10, 9, 11), 10, new Spread(1_000, 900, 1_100), 100, new Spread(10, 10, 10)))));

        List<double[]> corners = Stream.of(elements(drawn, "polyline")
                        .findFirst()
                        .orElseThrow()
                        .getAttribute("points")
                        .split(" "))
                .map(corner -> Stream.of(corner.split(","))
                        .mapToDouble(Double::parseDouble)
                        .toArray())
                .toList();
        assertThat(corners).hasSize(3);
        assertThat(corners.get(1)[0])
                .isEqualTo((corners.get(0)[0] + corners.get(2)[0]) / 2, within(0.2)); // logarithmic
        assertThat(corners.get(1)[1]).isLessThan(corners.get(0)[1]); // more is higher
        assertThat(corners.get(2)[1]).isEqualTo(corners.get(0)[1]);
        assertThat(texts(drawn)).contains("time (logarithmic)", "things (logarithmic)", "#1", "#10", "#100", "one");
    }

    @Test
    void legendsOfLinesThatEndTogetherDoNotCoverEachOther() throws Exception {
        Document drawn = lines(IntStream.range(0, 9)
                .mapToObj(i -> series(
                        "line " + i, Family.BY_HAND, Map.of(1, new Spread(10, 10, 10), 2, new Spread(500, 500, 500))))
                .toArray(Chart.Series[]::new));

        List<Double> places = elements(drawn, "text")
                .filter(each -> each.getTextContent().startsWith("line "))
                .map(each -> number(each, "y"))
                .sorted()
                .toList();
        assertThat(places).hasSize(9);
        for (int i = 1; i < places.size(); i++) {
            assertThat(places.get(i) - places.get(i - 1)).isGreaterThanOrEqualTo(17.9);
        }
        assertThat(places.get(8)).isLessThan(420);
    }

    @Test
    void readersWithADarkPageHaveOtherColours() throws Exception {
        String style = elements(rows(series("one", Family.KAFKA, Map.of(1, new Spread(3, 2, 5)))), "style")
                .findFirst()
                .orElseThrow()
                .getTextContent();

        assertThat(style)
                .containsSubsequence(
                        ".KAFKA { stroke: " + Family.KAFKA.onLight(),
                        "prefers-color-scheme: dark",
                        ".KAFKA { stroke: " + Family.KAFKA.onDark());
    }

    private static Chart.Series series(String label, Family family, Map<Integer, Spread> values) {
        return new Chart.Series(label, family, new TreeMap<>(values));
    }

    private static Document rows(Chart.Series... series) throws Exception {
        return parsed(Chart.rows("A title", "A subtitle", Unit.NANOS, LESS_IS_BETTER, List.of(series)));
    }

    private static Document lines(Chart.Series... series) throws Exception {
        return parsed(
                Chart.lines("A title", "A subtitle", Unit.NANOS, "things", point -> "#" + point, List.of(series)));
    }

    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static Stream<Element> elements(Document document, String name) {
        NodeList found = document.getElementsByTagName(name);
        return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i));
    }

    private static List<String> texts(Document document) {
        return elements(document, "text").map(Element::getTextContent).toList();
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }
}
