package io.distsync.testsupport.docs;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A statement of what is published that writes to the log at a level operators see.
 *
 * @param event the name of the constant that tells what happened
 * @param format the text, with {@code {}} for what is filled in
 */
public record LogStatement(Path source, String event, String format) {

    private static final Pattern STATEMENT = Pattern.compile(
            "\\bLogEvent\\s*\\.(\\w+)\\s*\\.on\\(log\\)[^;]*?\\.log\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)");
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** All there are. */
    public static List<LogStatement> all() {
        return Repository.publishedSources().stream()
                .flatMap(source -> STATEMENT
                        .matcher(Repository.read(source))
                        .results()
                        .map(found -> new LogStatement(source, found.group(1), joined(found.group(2)))))
                .toList();
    }

    /** Whether it can write this line; a document has {@code …} for what is filled in, or something of its kind. */
    public boolean canWrite(String line) {
        if (format.equals("{}")) {
            return line.equals("…"); // says nothing of what it writes
        }
        String pattern = Pattern.compile("\\{}")
                .splitAsStream(format + "\n")
                .map(part -> Pattern.quote(part.replace("\n", "")))
                .collect(Collectors.joining(".*"));
        return Pattern.matches(pattern, line);
    }

    private static String joined(String literals) {
        return LITERAL.matcher(literals).results().map(found -> found.group(1)).collect(Collectors.joining());
    }
}
