package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.testsupport.docs.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the documents claim and a machine can check: their code compiles (because it stands in a test source too), their
 * links lead somewhere, and the rules of the semantics document are the tests there are.
 */
class DocumentationTest {

    private static final Path ROOT = Repository.root();

    private static final Pattern JAVA_BLOCK =
            Pattern.compile("^```java\\R(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern ANY_BLOCK = Pattern.compile("^```.*?^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.+)$", Pattern.MULTILINE);

    private static final Pattern BLOCK = Pattern.compile("(^```.*?^```)", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern TABLE_ROW = Pattern.compile("^(\\|).*$", Pattern.MULTILINE);
    private static final Pattern ITEM = Pattern.compile("^(- )", Pattern.MULTILINE);
    private static final Pattern HEADING_MARK = Pattern.compile("^(#+) ", Pattern.MULTILINE);

    private static final Pattern RULE = Pattern.compile("^\\*\\*([A-Z][0-9]+)\\.\\*\\* ");
    private static final Pattern CASE = Pattern.compile("^- `(\\w+)` (.+?)(?: \\[[A-Z_, ]+])?$");
    private static final Pattern RULE_WITHOUT_TEST = Pattern.compile("^\\| ([A-Z][0-9]+) \\|", Pattern.MULTILINE);
    private static final Pattern DISPLAY_NAME =
            Pattern.compile("@DisplayName\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)\\)", Pattern.MULTILINE);
    private static final Pattern STRING = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern NUMBERED = Pattern.compile("([A-Z][0-9]+|API): (.+)");

    @Test
    void everyJavaBlockStandsInATestSource() {
        String sources = exampleSources().map(DocumentationTest::withoutSpace).collect(Collectors.joining("\n"));
        List<String> missing = new ArrayList<>();
        for (Path document : documents()) {
            for (String block : matches(JAVA_BLOCK, Repository.read(document))) {
                if (!sources.contains(withoutSpace(block))) {
                    missing.add(ROOT.relativize(document) + ":\n" + block);
                }
            }
        }
        assertThat(missing).as("Java blocks that stand in no example source").isEmpty();
    }

    @Test
    void everyRelativeLinkLeadsToAFileAndAnAnchor() {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            for (String link :
                    matches(LINK, ANY_BLOCK.matcher(Repository.read(document)).replaceAll(""))) {
                if (!link.contains("://") && !leadsSomewhere(document, link)) {
                    broken.add(ROOT.relativize(document) + ": " + link);
                }
            }
        }
        assertThat(broken).as("relative links that lead nowhere").isEmpty();
    }

    /** Nobody can compare the sentences, but all that is not a sentence. */
    @Test
    void chineseReadmeHasWhatTheEnglishOneHas() {
        String english = Repository.read(ROOT.resolve("README.md"));
        String chinese = Repository.read(ROOT.resolve("README.zh-CN.md"));
        for (Pattern same : List.of(TABLE_ROW, ITEM, HEADING_MARK)) {
            assertThat(matches(same, chinese)).hasSameSizeAs(matches(same, english));
        }
        assertThat(matches(BLOCK, chinese)).isEqualTo(matches(BLOCK, english));
        assertThat(linksToDocuments(chinese)).isEqualTo(linksToDocuments(english));
    }

    private static List<String> linksToDocuments(String document) {
        return matches(LINK, ANY_BLOCK.matcher(document).replaceAll("")).stream()
                .filter(link -> !link.startsWith("README"))
                .toList();
    }

    @Test
    void everyNumberedTestIsInTheSemanticsDocumentAndTheReverse() {
        Set<String> undocumented = testedCases();
        undocumented.removeAll(documentedCases());
        Set<String> untested = documentedCases();
        untested.removeAll(testedCases());

        assertThat(undocumented)
                .as("tests that docs/semantics.md does not name")
                .isEmpty();
        assertThat(untested)
                .as("tests that docs/semantics.md names and nobody wrote")
                .isEmpty();
        assertThat(testedCases()).isNotEmpty();
    }

    @Test
    void rulesSaidToHaveNoTestHaveNone() {
        Set<String> tested = testedCases().stream()
                .map(name -> name.substring(0, name.indexOf(' ')))
                .collect(Collectors.toSet());
        List<String> withoutTest = matches(RULE_WITHOUT_TEST, Repository.read(ROOT.resolve("docs/semantics.md")));
        assertThat(withoutTest).isNotEmpty().doesNotContainAnyElementsOf(tested);
    }

    private static Set<String> documentedCases() {
        Set<String> cases = new TreeSet<>();
        String rule = "";
        for (String line :
                Repository.read(ROOT.resolve("docs/semantics.md")).lines().toList()) {
            if (line.startsWith("## ")) {
                rule = line.startsWith("## API") ? "API" : "";
            }
            Matcher heading = RULE.matcher(line);
            if (heading.find()) {
                rule = heading.group(1);
            }
            Matcher named = CASE.matcher(line);
            if (!rule.isEmpty() && named.matches()) {
                cases.add(rule + " " + named.group(1) + " " + named.group(2));
            }
        }
        return cases;
    }

    private static Set<String> testedCases() {
        Set<String> cases = new TreeSet<>();
        for (Path source : Repository.files("sync-core/src/test/java", ".java")) {
            String owner = source.getFileName().toString().replace(".java", "");
            for (String name : matches(DISPLAY_NAME, Repository.read(source))) {
                Matcher numbered = NUMBERED.matcher(String.join("", matches(STRING, name)));
                if (numbered.matches()) {
                    cases.add(numbered.group(1) + " " + owner + " " + numbered.group(2));
                }
            }
        }
        return cases;
    }

    private static boolean leadsSomewhere(Path document, String link) {
        int hash = link.indexOf('#');
        String path = hash < 0 ? link : link.substring(0, hash);
        Path target = path.isEmpty() ? document : document.resolveSibling(path).normalize();
        return Files.exists(target)
                && (hash < 0 || anchors(Repository.read(target)).contains(link.substring(hash + 1)));
    }

    /** The anchors a Markdown renderer makes of headings. */
    private static Set<String> anchors(String document) {
        return matches(HEADING, ANY_BLOCK.matcher(document).replaceAll("")).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static List<Path> documents() {
        List<Path> documents = new ArrayList<>(Repository.files("docs", ".md"));
        for (String name : List.of("README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md")) {
            documents.add(ROOT.resolve(name));
        }
        return documents;
    }

    /** Test sources in packages named docs, of all modules. */
    private static Stream<String> exampleSources() {
        return modules()
                .map(module -> module.resolve("src/test/java"))
                .filter(Files::isDirectory)
                .flatMap(sources -> Repository.files(sources.toString(), ".java").stream())
                .filter(source -> source.getParent().endsWith("docs") && !source.endsWith("DocumentationTest.java"))
                .map(Repository::read);
    }

    private static Stream<Path> modules() {
        try (Stream<Path> children = Files.list(ROOT)) {
            return children.filter(child -> Files.exists(child.resolve("pom.xml"))).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(result -> result.group(1)).toList();
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }
}
