package io.distsync.benchmarks;

import java.util.Locale;

/** An SVG picture with a ground of its own, which is dark where the reader's pages are. */
final class Drawing {

    enum Anchor {
        START,
        MIDDLE,
        END
    }

    private final StringBuilder text = new StringBuilder();

    Drawing(int width, int height, String title, String subtitle) {
        line("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" \
                font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">\
                """, width, height, width, height);
        line("<title>%s</title>", escaped(title));
        line("<style>");
        line(".ground { fill: #ffffff } text { fill: #1f2328 } .quiet { fill: #59636e }");
        line(".grid { stroke: #d8dee4 } .frame { stroke: #818b98 }");
        for (Family each : Family.values()) {
            line(".%s { stroke: %s; color: %s }", each.name(), each.onLight(), each.onLight());
        }
        line(".full { fill: currentColor } .hollow { fill: #ffffff } .line { fill: none }");
        line("@media (prefers-color-scheme: dark) {");
        line(".ground, .hollow { fill: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 }");
        line(".grid { stroke: #2b3138 } .frame { stroke: #6e7681 }");
        for (Family each : Family.values()) {
            line(".%s { stroke: %s; color: %s }", each.name(), each.onDark(), each.onDark());
        }
        line("}");
        line("</style>");
        line("<rect class=\"ground\" width=\"%d\" height=\"%d\"/>", width, height);
        line("<text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"600\">%s</text>", escaped(title));
        line("<text x=\"16\" y=\"46\" class=\"quiet\">%s</text>", escaped(subtitle));
    }

    void grid(double x1, double y1, double x2, double y2) {
        stroke("grid", x1, y1, x2, y2);
    }

    void frame(double x1, double y1, double x2, double y2) {
        stroke("frame", x1, y1, x2, y2);
    }

    private void stroke(String kind, double x1, double y1, double x2, double y2) {
        line("<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", kind, x1, y1, x2, y2);
    }

    /** A line in a contender's colour: whole and bold for this library, dashed for others. */
    void path(Family family, String points) {
        String style = family.isOurs() ? "stroke-width=\"2.6\"" : "stroke-width=\"1.6\" stroke-dasharray=\"6 3\"";
        line("<polyline class=\"line %s\" %s points=\"%s\"/>", family.name(), style, points);
    }

    /** From the smallest to the greatest value of a measurement. */
    void spread(Family family, double x1, double y1, double x2, double y2) {
        line(
                "<line class=\"%s\" stroke-width=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                family.name(), "1.6", x1, y1, x2, y2);
    }

    /** A median: full for this library, hollow for others. */
    void point(Family family, double x, double y, double radius) {
        line(
                "<circle class=\"%s %s\" stroke-width=\"1.6\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
                family.name(), family.isOurs() ? "full" : "hollow", x, y, radius);
    }

    void label(String label, double x, double y, Anchor anchor) {
        line(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                x, y, anchor.name().toLowerCase(Locale.ROOT), escaped(label));
    }

    /** Of less weight than a label. */
    void note(String note, double x, double y, Anchor anchor) {
        line(
                "<text class=\"quiet\" font-size=\"12\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                x, y, anchor.name().toLowerCase(Locale.ROOT), escaped(note));
    }

    /** From the bottom to the top. */
    void uprightNote(String note, double x, double y) {
        line(
                "<text class=\"quiet\" font-size=\"12\" text-anchor=\"middle\" transform=\"translate(%.1f %.1f) rotate(-90)\">%s</text>",
                x, y, escaped(note));
    }

    String svg() {
        return text + "</svg>\n";
    }

    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private static String escaped(String value) {
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
