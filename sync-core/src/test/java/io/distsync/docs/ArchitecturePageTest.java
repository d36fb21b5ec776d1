package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.testsupport.docs.Repository;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The signposts of the page about the architecture, and of its picture, point at something. */
class ArchitecturePageTest {

    private static final Pattern TYPE = Pattern.compile("`@?([A-Z][a-z]\\w*)(?:\\.[a-z]\\w*)?`");
    private static final Pattern IN_PICTURE = Pattern.compile("<text class=\"c\"[^>]*>([A-Z][a-z]\\w*)</text>");
    private static final Pattern SCRIPT = Pattern.compile("\\b(\\w+\\.lua)\\b");
    private static final Pattern PACKAGE = Pattern.compile("`(io\\.distsync[a-z.]*|\\.[a-z]+)`");

    private static final String PAGE = Repository.read("docs/architecture.md");
    private static final String PICTURE = Repository.read("docs/architecture.svg");

    @Test
    void everyTypeIsThere() {
        Set<String> named = found(TYPE, PAGE);
        assertThat(named).hasSizeGreaterThan(50);
        assertThat(types()).containsAll(named);
    }

    @Test
    void everyTypeOfThePictureIsThere() {
        Set<String> drawn = found(IN_PICTURE, PICTURE);
        assertThat(drawn).hasSizeGreaterThan(15);
        assertThat(types()).containsAll(drawn);
    }

    @Test
    void everyScriptIsThere() {
        Set<String> scripts = names(Repository.files("sync-core/src/main/resources", ".lua"));
        assertThat(scripts).containsAll(found(SCRIPT, PAGE)).containsAll(found(SCRIPT, PICTURE));
        assertThat(found(SCRIPT, PAGE)).isNotEmpty();
    }

    @Test
    void everyPackageIsOnThePageAndTheReverse() {
        Set<String> packages = Repository.publishedSources().stream()
                .filter(source -> source.endsWith("package-info.java"))
                .map(source -> source.getParent().getFileName().toString())
                .collect(Collectors.toSet());
        Set<String> named = found(PACKAGE, PAGE).stream()
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .collect(Collectors.toSet());
        assertThat(packages).containsAll(named);
        assertThat(named)
                .containsAll(names(Repository.files("sync-core/src/main/java/io/distsync", "package-info.java").stream()
                                .map(Path::getParent)
                                .toList())
                        .stream()
                        .filter(name -> !name.equals("balance")) // goes with the registry
                        .toList());
    }

    private static Set<String> types() {
        return Stream.concat(
                        Repository.publishedSources().stream(),
                        Stream.of("sync-core", "sync-spring-boot-starter")
                                .flatMap(module ->
                                        Repository.files(module + "/src/test/java", "ArchitectureTest.java").stream()))
                .map(source -> source.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
    }

    private static Set<String> names(List<Path> files) {
        return files.stream().map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
