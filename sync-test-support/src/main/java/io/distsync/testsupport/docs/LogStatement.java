package io.distsync.testsupport.docs;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A statement of what is published that writes to the log at a level operators see.
 *
 * @param level {@code ERROR}, {@code WARN} or {@code INFO}
 * @param format the text, with {@code {}} for what is filled in
 */
public record LogStatement(Path source, String level, String format) {

    private static final Pattern STATEMENT =
            Pattern.compile("\\blog\\s*\\.(error|warn|info)\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)");
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** All there are. */
    public static List<LogStatement> all() {
        return Repository.publishedSources().stream()
                .flatMap(source -> STATEMENT
                        .matcher(Repository.read(source))
                        .results()
                        .map(found -> new LogStatement(
                                source, found.group(1).toUpperCase(Locale.ROOT), joined(found.group(2)))))
                .toList();
    }

    /** Whether it can write this line; a document has {@code …} for what is filled in, or something of its kind. */
    public boolean canWrite(String line) {
        if (format.equals("{}")) {
            return false; // says nothing of what it writes
        }
        String pattern = Pattern.compile("\\{}")
                .splitAsStream(format + "\n")
                .map(part -> Pattern.quote(part.replace("\n", "")))
                .collect(Collectors.joining(".*"));
        return Pattern.matches(pattern, line);
    }

    private static String joined(String literals) {
        Matcher literal = LITERAL.matcher(literals);
        return literal.results().map(found -> found.group(1)).collect(Collectors.joining());
    }
}
