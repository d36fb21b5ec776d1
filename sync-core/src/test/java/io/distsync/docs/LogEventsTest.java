package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.distsync.log.LogEvent;
import io.distsync.testsupport.docs.LogStatement;
import io.distsync.testsupport.docs.Repository;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What is logged has a name, and the document tells all of it. */
class LogEventsTest {

    private static final Pattern NAME = Pattern.compile("sync\\.[a-z]+\\.[a-z_]+");

    /** The ways to write at a level operators see without an event. */
    private static final Pattern PLAIN = Pattern.compile(
            "\\blog\\s*\\.(?:error|warn|info|atError|atWarn|atInfo|atLevel|makeLoggingEventBuilder)\\(");

    @Test
    void everyEventIsLoggedInOnePlaceAndTheDocumentHasItsLine() {
        Map<String, LogStatement> statements =
                LogStatement.all().stream().collect(Collectors.toMap(LogStatement::event, Function.identity()));
        assertThat(statements.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(LogEvent.values()).map(Enum::name).toList());

        StringBuilder table = new StringBuilder("| event | level | line | meaning |\n|---|---|---|---|\n");
        for (LogEvent event : LogEvent.values()) {
            table.append("| `%s` | %s | `%s` | %s |%n"
                    .formatted(
                            event.id(),
                            event.level(),
                            statements.get(event.name()).format().replaceAll("(\\{})+", "…"),
                            event.meaning()));
        }
        Repository.compare("docs/failures.md", "log lines", table.toString());
    }

    @Test
    void namesAreDistinctAndOfOneForm() {
        assertThat(LogEvent.values())
                .extracting(LogEvent::id)
                .doesNotHaveDuplicates()
                .allMatch(id -> NAME.matcher(id).matches());
    }

    @Test
    void nothingIsLoggedWithoutAName() {
        assertThat(Repository.publishedSources())
                .filteredOn(source -> PLAIN.matcher(Repository.read(source)).find())
                .extracting(source -> source.getFileName().toString())
                .containsExactly("LogEvent.java");
    }

    @Test
    void nameGoesAlongWithTheText() {
        Logger log = (Logger) LoggerFactory.getLogger(LogEventsTest.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        log.addAppender(lines);
        try {
            LogEvent.STORE_LOST
                    .on(log)
                    .setCause(new IllegalStateException("why"))
                    .log("lost Redis at {}: {}", "here", 1);
        } finally {
            log.detachAppender(lines);
        }
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage()).isEqualTo("lost Redis at here: 1");
            assertThat(line.getLevel()).hasToString("WARN");
            assertThat(line.getKeyValuePairs())
                    .extracting(pair -> pair.key, pair -> pair.value)
                    .isEqualTo(List.of(tuple("event.action", "sync.store.lost")));
            assertThat(line.getThrowableProxy().getMessage()).isEqualTo("why");
        });
    }
}
