package io.distsync.boot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint;
import io.distsync.boot.autoconfigure.observation.SyncObservation;
import io.distsync.log.LogEvent;
import io.distsync.testsupport.docs.LogStatement;
import io.distsync.testsupport.docs.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What operators are told to look at is there. What they are told to type: {@link RunbookCommandsTest}. */
class OperatorDocumentsTest {

    private static final Pattern BLOCK = Pattern.compile("^```\\w*\\R(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern NAME =
            Pattern.compile("(sync\\.[a-z][a-z._-]*[a-z])(?:\\{(\\w+)=(\\w+)}|=.*)?|(sync_\\w+)");

    /** What stands first behind a level, in a sentence or in the next cell of a table, and others in the same list. */
    private static final Pattern LOGGED =
            Pattern.compile("\\b(ERROR|WARN|INFO)\\b(?: \\| |[^`|.]{0,120}?)((?:`[^`\\n]+`)(?:, (?:or )?`[^`\\n]+`)*)");

    private static final Pattern FIELDS =
            Pattern.compile("\\b(?:[Hh]ealth|[Ee]ndpoint) (`[a-zA-Z.]+`(?:(?:,| and) `[a-zA-Z.]+`)*)");

    @Test
    void whatDocumentsNameAsOursIsThere() {
        Set<String> known = properties();
        Stream.of(SyncObservation.Key.values())
                .map(SyncObservation.Key::asString)
                .forEach(known::add);
        Stream.of(LogEvent.values()).map(LogEvent::id).forEach(known::add);
        Map<String, String> meters = meters();
        List<String> missing = new ArrayList<>();
        int[] seen = new int[1];
        for (var document : Repository.files("docs", ".md")) {
            for (String code : codes(Repository.read(document))) {
                Matcher name = NAME.matcher(code);
                if (!name.matches() || code.startsWith("sync.test.")) {
                    continue;
                }
                seen[0]++;
                if (!(name.group(4) != null
                        ? meters.values().stream().anyMatch(row -> row.contains("`" + name.group(4)))
                        : isThere(name, known, meters))) {
                    missing.add(document.getFileName() + ": " + code);
                }
            }
        }
        assertThat(missing)
                .as("no meters, properties, observations or events of ours")
                .isEmpty();
        assertThat(seen[0]).isGreaterThan(100);
    }

    private static boolean isThere(Matcher name, Set<String> known, Map<String, String> meters) {
        String row = meters.get(name.group(1));
        if (name.group(2) != null) {
            return row != null && row.contains("`" + name.group(2) + "`") && row.contains("`" + name.group(3) + "`");
        }
        return row != null
                || known.contains(name.group(1))
                || known.stream().anyMatch(it -> it.startsWith(name.group(1) + "."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/runbook.md", "docs/failures.md"})
    void logLinesThatDocumentsQuoteAreWritten(String document) {
        List<LogStatement> statements = LogStatement.all();
        List<String> unknown = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        LOGGED.matcher(oneLine(Repository.read(document))).results().forEach(found -> {
            for (String line : codes(found.group(2))) {
                lines.add(line);
                if (statements.stream()
                        .noneMatch(it ->
                                LogEvent.valueOf(it.event()).level().name().equals(found.group(1))
                                        && it.canWrite(line))) {
                    unknown.add(found.group(1) + " " + line);
                }
            }
        });
        assertThat(unknown).as("lines nobody writes").isEmpty();
        assertThat(lines).hasSizeGreaterThan(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/runbook.md", "docs/failures.md"})
    void exceptionsThatDocumentsNameAreThrown(String document) {
        Set<String> types = Repository.publishedSources().stream()
                .map(source -> source.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        types.addAll(Set.of("CallNotPermittedException", "IllegalArgumentException", "NullPointerException"));
        assertThat(codes(Repository.read(document)).stream().filter(code -> code.matches("\\w+Exception")))
                .isNotEmpty()
                .allMatch(types::contains);
    }

    @Test
    void fieldsOfHealthAndEndpointThatTheRunbookNamesAreThere() {
        Set<String> paths = new TreeSet<>();
        paths(SyncEndpoint.ServiceDescriptor.class, "", paths);
        paths(SyncEndpoint.TopicDescriptor.class, "", paths);
        String sources = Stream.of("Health", "ServerInfo", "CircuitBreakerBackend")
                .flatMap(name -> Repository.publishedSources().stream()
                        .filter(source -> source.getFileName().toString().contains(name)))
                .map(Repository::read)
                .collect(Collectors.joining());
        Set<String> named = new LinkedHashSet<>();
        List<String> missing = new ArrayList<>();
        FIELDS.matcher(oneLine(Repository.read("docs/runbook.md"))).results().forEach(found -> {
            boolean ofHealth = found.group().toLowerCase(Locale.ROOT).startsWith("health");
            for (String field : codes(found.group(1))) {
                if (field.equals(field.toUpperCase(Locale.ROOT))) {
                    continue; // a status
                }
                named.add(field);
                if (ofHealth
                        ? !Arrays.stream(field.split("\\.")).allMatch(part -> sources.contains('"' + part + '"'))
                        : !paths.contains(field)) {
                    missing.add(found.group());
                }
            }
        });
        assertThat(missing).isEmpty();
        assertThat(named).hasSizeGreaterThan(15);
    }

    private static void paths(Type type, String path, Set<String> paths) {
        if (type instanceof ParameterizedType generic) {
            paths(generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1], path, paths);
        } else if (type instanceof Class<?> record && record.isRecord()) {
            for (RecordComponent component : record.getRecordComponents()) {
                String here = path.isEmpty() ? component.getName() : path + "." + component.getName();
                paths.add(here);
                paths(component.getGenericType(), here, paths);
            }
        }
    }

    private static Set<String> properties() {
        try (InputStream in =
                SyncAutoConfiguration.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonNode metadata = JsonMapper.shared().readTree(in);
            Set<String> names = new HashSet<>();
            metadata.get("properties").forEach(it -> names.add(it.get("name").asString()));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rows of the table of meters, which is compared with the code elsewhere, by name. */
    private static Map<String, String> meters() {
        return Repository.read("docs/metrics.md")
                .lines()
                .filter(line -> line.startsWith("| `sync."))
                .collect(Collectors.toMap(line -> line.substring(3, line.indexOf('`', 3)), line -> line));
    }

    private static List<String> codes(String text) {
        return CODE.matcher(BLOCK.matcher(text).replaceAll(""))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    /** With sentences on one line each, and tables as they are. */
    private static String oneLine(String document) {
        return BLOCK.matcher(document).replaceAll("").replaceAll("\\R *(?![-|#\\d\\s*])", " ");
    }
}
