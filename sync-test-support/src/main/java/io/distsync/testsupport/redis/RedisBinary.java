package io.distsync.testsupport.redis;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The {@code redis-server} the tests run: the one the system property {@value #PROPERTY} names (a path, {@code path} or
 * {@code bundled}), else one on the PATH that is new enough, else the one that comes with the build.
 */
public final class RedisBinary {

    /** Chooses the server. */
    public static final String PROPERTY = "sync.test.redis";

    /** The oldest version the tests run against. */
    private static final int OLDEST_MAJOR = 7;

    private static final String BUNDLED_VERSION = "7.0.15";
    private static final Pattern VERSION = Pattern.compile("v=(\\d+)\\.");

    private RedisBinary() {}

    /** Path of the server to run. */
    public static Path find() {
        String wanted = System.getProperty(PROPERTY, "");
        return switch (wanted) {
            case "" -> onPath().orElseGet(RedisBinary::bundled);
            case "path" ->
                onPath().orElseThrow(() ->
                        new IllegalStateException("no redis-server " + OLDEST_MAJOR + " or newer on PATH"));
            case "bundled" -> bundled();
            default -> Path.of(wanted);
        };
    }

    private static Optional<Path> onPath() {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(Pattern.quote(File.pathSeparator)))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "redis-server"))
                .filter(Files::isExecutable)
                .filter(RedisBinary::isNewEnough)
                .findFirst();
    }

    private static boolean isNewEnough(Path binary) {
        try {
            Process process = new ProcessBuilder(List.of(binary.toString(), "--version"))
                    .redirectErrorStream(true)
                    .start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(answer);
            return version.find() && Integer.parseInt(version.group(1)) >= OLDEST_MAJOR;
        } catch (IOException e) {
            return false;
        }
    }

    private static Path bundled() {
        return Bundled.PATH;
    }

    /** The server out of its archive: unpacked once for each JVM, and gone with it. */
    private static final class Bundled {

        static final Path PATH = unpack();

        private static Path unpack() {
            String name = "redis-server-" + BUNDLED_VERSION + "-" + system() + "-" + processor();
            try (InputStream archived = RedisBinary.class.getClassLoader().getResourceAsStream(name)) {
                if (archived == null) {
                    throw new IllegalStateException("no redis-server comes with the build for this machine (" + name
                            + "): install one, or name it by -D" + PROPERTY + "=<path>");
                }
                Path copy = Files.createTempFile(name, "");
                copy.toFile().deleteOnExit();
                Files.write(copy, archived.readAllBytes());
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwx------"));
                return copy;
            } catch (IOException e) {
                throw new UncheckedIOException("cannot unpack " + name, e);
            }
        }
    }

    private static String system() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return name.contains("mac") ? "darwin" : name.contains("linux") ? "linux" : name.replace(' ', '-');
    }

    private static String processor() {
        String name = System.getProperty("os.arch");
        return switch (name) {
            case "x86_64", "amd64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            default -> "386";
        };
    }
}
