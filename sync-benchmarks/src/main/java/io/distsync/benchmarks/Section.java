package io.distsync.benchmarks;

/** The part of a document that a program writes: what is between two marks, each in a line of its own. */
final class Section {

    private final String begin;
    private final String end;

    Section(String name) {
        this.begin = "<!-- " + name + ":begin -->";
        this.end = "<!-- " + name + ":end -->";
    }

    /** A document of this part alone. */
    String alone(String content) {
        return begin + "\n" + content.strip() + "\n" + end + "\n";
    }

    /** The document with this content between the marks, and everything else as it was. */
    String replacedIn(String document, String content) {
        int from = only(document, begin);
        int to = only(document, end);
        if (to < from) {
            throw new IllegalArgumentException(end + " stands before " + begin);
        }
        return document.substring(0, from) + alone(content).strip() + document.substring(to + end.length());
    }

    private static int only(String document, String mark) {
        int found = document.indexOf(mark);
        if (found < 0 || document.indexOf(mark, found + 1) >= 0) {
            throw new IllegalArgumentException("the document has to have " + mark + " once");
        }
        return found;
    }
}
