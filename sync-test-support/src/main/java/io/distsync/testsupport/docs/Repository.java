package io.distsync.testsupport.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of the repository the tests run in. */
public final class Repository {

    /** Set to {@code write}, parts of documents that are made from code are written anew instead of compared. */
    private static final String MODE = "sync.test.docs";

    private Repository() {}

    /** The directory of the parent project. */
    public static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("docs/semantics.md"))) {
            Path parent = directory.getParent();
            if (parent == null) {
                throw new IllegalStateException(
                        "no docs/semantics.md above " + Path.of("").toAbsolutePath());
            }
            directory = parent;
        }
        return directory;
    }

    /** The text of a file, by its path from the root. */
    public static String read(String path) {
        return read(root().resolve(path));
    }

    /** The text of a file. */
    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files below a directory, by its path from the root, whose names end so. */
    public static List<Path> files(String directory, String ending) {
        try (Stream<Path> found = Files.walk(root().resolve(directory))) {
            return found.filter(file -> file.toString().endsWith(ending)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The sources of what is published. */
    public static List<Path> publishedSources() {
        return Stream.of("sync-core", "sync-spring-boot-starter")
                .flatMap(module -> files(module + "/src/main/java", ".java").stream())
                .toList();
    }

    /**
     * Compares a part of a document with what the code says, or writes it anew if told so.
     *
     * @param path the document, from the root
     * @param name the part is between the comments {@code name} and {@code end of name}
     */
    public static void compare(String path, String name, String expected) {
        String document = read(path);
        String begin = "<!-- " + name + " -->\n";
        String end = "<!-- end of " + name + " -->";
        int from = document.indexOf(begin);
        int to = document.indexOf(end);
        if (from < 0 || to < from) {
            throw new AssertionError(path + " has no part '" + name + "'");
        }
        String wanted = document.substring(0, from + begin.length()) + expected + document.substring(to);
        if (wanted.equals(document)) {
            return;
        }
        if (!"write".equals(System.getProperty(MODE))) {
            throw new AssertionError(path + ": the part '" + name + "' is not what the code says; -D" + MODE
                    + "=write writes it anew. Expected:\n" + expected);
        }
        try {
            Files.writeString(root().resolve(path), wanted);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
