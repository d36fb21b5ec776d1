package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.boot.LeaderOnly;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.testsupport.docs.Repository;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;

/** The dashboard and the alerts ask for what an application in Kafka mode, which has every meter, shows to Prometheus. */
class DashboardTest {

    /** They tell once more what the meters tell, and are there with a tracer only. */
    private static final Pattern TIMER_OF_AN_OBSERVATION =
            Pattern.compile("sync_(update|commit|listener)(_active)?_seconds(_max)?");

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What Prometheus adds to everything it scrapes. */
    private static final Set<String> ADDED = Set.of("instance");

    private static final Pattern SAMPLE = Pattern.compile("^([a-zA-Z_]\\w*)(?:\\{(.*)})? \\S+$", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern FAMILY = Pattern.compile("^# TYPE (sync_\\w+) ", Pattern.MULTILINE);
    private static final Pattern IN_TEXT = Pattern.compile("\\{\\{\\s*(?:\\$labels\\.)?(\\w+)\\s*}}");
    private static final Pattern IN_RUNBOOK =
            Pattern.compile("^\\|.*\\| (.*`Sync.*) \\| \\[[^\\]]*]\\((#[^)]*)\\) \\|$", Pattern.MULTILINE);
    private static final Pattern HEADING = Pattern.compile("^## (.*)$", Pattern.MULTILINE);

    private static Set<String> families;

    /** The values of each label of each metric. */
    private static Map<String, Map<String, Set<String>>> shown;

    @BeforeAll
    static void scrape() {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                KafkaBroker kafka = EmbeddedKafka.launch();
                ConfigurableApplicationContext context = start(redis, kafka)) {
            Api api = new Api(Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port")));
            api.post("/api/state/increment");
            api.post("/api/guarded/write");
            context.getBean(SyncSemaphores.class)
                    .semaphore("exports", 2)
                    .tryAcquire(PATIENCE)
                    .orElseThrow()
                    .close();
            await().atMost(PATIENCE)
                    .until(() -> api.get("/actuator/prometheus").text().contains("\nsync_leader{"));
            String text = api.get("/actuator/prometheus").text();
            families = FAMILY.matcher(text)
                    .results()
                    .map(found -> found.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
            shown = new HashMap<>();
            SAMPLE.matcher(text).results().forEach(sample -> {
                Map<String, Set<String>> labels = shown.computeIfAbsent(sample.group(1), name -> new HashMap<>());
                if (sample.group(2) != null) {
                    LABEL.matcher(sample.group(2))
                            .results()
                            .forEach(label -> labels.computeIfAbsent(label.group(1), name -> new HashSet<>())
                                    .add(label.group(2)));
                }
            });
        }
    }

    @Test
    void everyQueryOfTheDashboardNamesWhatIsShown() {
        JsonNode dashboard = dashboard();
        List<String> wrong = new ArrayList<>();
        dashboard.at("/templating/list").values().stream()
                .filter(variable -> variable.at("/type").asString().equals("query"))
                .forEach(variable -> check(variable.at("/definition").asString(), wrong));
        for (JsonNode target : targets(dashboard)) {
            Promql query = check(target.at("/expr").asString(), wrong);
            assertThat(query.selectors())
                    .as("variables of the dashboard in " + target)
                    .allSatisfy(it -> assertThat(it.values()).containsKeys("application", "instance"));
            checkText(target.at("/legendFormat").asString(), query, wrong);
        }
        assertThat(wrong).isEmpty();
        assertThat(targets(dashboard)).hasSizeGreaterThan(40);
    }

    @Test
    void everyFamilyHasAPanel() {
        Set<String> asked = targets(dashboard()).stream()
                .flatMap(target -> Promql.of(target.at("/expr").asString()).selectors().stream())
                .map(Promql.Selector::metric)
                .collect(Collectors.toSet());
        assertThat(families.stream()
                        .filter(family ->
                                !TIMER_OF_AN_OBSERVATION.matcher(family).matches()))
                .hasSizeGreaterThan(28)
                .allMatch(family -> asked.contains(family) || asked.contains(family + "_count"));
    }

    @Test
    void panelsLieBesideEachOther() {
        boolean[][] taken = new boolean[500][24];
        for (JsonNode panel : dashboard().at("/panels").values()) {
            JsonNode place = panel.at("/gridPos");
            for (int y = 0; y < place.at("/h").asInt(); y++) {
                for (int x = 0; x < place.at("/w").asInt(); x++) {
                    boolean[] line = taken[place.at("/y").asInt() + y];
                    assertThat(line[place.at("/x").asInt() + x])
                            .as(panel.at("/title").asString())
                            .isFalse();
                    line[place.at("/x").asInt() + x] = true;
                }
            }
        }
    }

    @Test
    void everyAlertNamesWhatIsShown() {
        List<String> wrong = new ArrayList<>();
        for (JsonNode rule : rules()) {
            Promql query = check(rule.at("/expr").asString(), wrong);
            checkText(rule.at("/annotations/summary").asString(), query, wrong);
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void everyAlertLeadsToTheSectionThatTheRunbookSays() {
        String runbook = Repository.read("docs/runbook.md");
        Map<String, String> told = new HashMap<>();
        IN_RUNBOOK.matcher(runbook).results().forEach(row -> {
            for (String alert : row.group(1).split(", ", -1)) {
                told.put(alert.replace("`", ""), "docs/runbook.md" + row.group(2));
            }
        });
        Map<String, String> led = new HashMap<>();
        rules().forEach(rule -> led.put(
                rule.at("/alert").asString(), rule.at("/annotations/runbook").asString()));
        Set<String> anchors = HEADING.matcher(runbook)
                .results()
                .map(heading -> "docs/runbook.md#"
                        + heading.group(1)
                                .toLowerCase(Locale.ROOT)
                                .replaceAll("[^a-z0-9 -]", "")
                                .replace(' ', '-'))
                .collect(Collectors.toSet());
        assertThat(led).isEqualTo(told).isNotEmpty();
        assertThat(anchors).containsAll(led.values());
    }

    @Test
    void namesThatAreNotShownAreFound() {
        List<String> wrong = new ArrayList<>();
        check("sum by (region) (rate(sync_updates_total{outcome=\"lost\", kind=\"a\"}[5m])) / sync_nothing", wrong);
        assertThat(wrong)
                .containsExactlyInAnyOrder(
                        "sync_updates_total{kind}", "sync_updates_total{outcome=lost}", "sync_nothing", "{region}");
    }

    private static Promql check(String expression, List<String> wrong) {
        Promql query = Promql.of(expression);
        assertThat(query.selectors()).as(expression).isNotEmpty();
        Set<String> labels = new HashSet<>(ADDED);
        for (Promql.Selector selector : query.selectors()) {
            Map<String, Set<String>> known = shown.get(selector.metric());
            if (known == null) {
                wrong.add(selector.metric());
                continue;
            }
            labels.addAll(known.keySet());
            selector.values().forEach((label, value) -> {
                if (!ADDED.contains(label) && !known.containsKey(label)) {
                    wrong.add(selector.metric() + "{" + label + "}");
                } else if (value != null && !known.getOrDefault(label, Set.of()).contains(value)) {
                    wrong.add(selector.metric() + "{" + label + "=" + value + "}");
                }
            });
        }
        query.grouping().stream()
                .filter(label -> !labels.contains(label))
                .forEach(label -> wrong.add("{" + label + "}"));
        return query;
    }

    /** A text may only name labels that the result has. */
    private static void checkText(String text, Promql query, List<String> wrong) {
        IN_TEXT.matcher(text)
                .results()
                .map(found -> found.group(1))
                .filter(label -> !query.grouping().contains(label))
                .forEach(label -> wrong.add(text));
    }

    private static JsonNode dashboard() {
        return Api.JSON.readTree(Repository.read("docs/grafana/distsync.json"));
    }

    private static List<JsonNode> targets(JsonNode dashboard) {
        return dashboard.at("/panels").values().stream()
                .flatMap(panel -> panel.path("targets").values().stream())
                .toList();
    }

    private static List<JsonNode> rules() {
        Object file = new Yaml().load(Repository.read("docs/grafana/alerts.yml"));
        return Api.JSON.valueToTree(file).at("/groups").values().stream()
                .flatMap(group -> group.at("/rules").values().stream())
                .toList();
    }

    private static ConfigurableApplicationContext start(RedisServer redis, KafkaBroker kafka) {
        SpringApplication application = new SpringApplication(SampleApplication.class, Leading.class);
        return application.run(
                "--server.port=0",
                "--spring.main.banner-mode=off",
                "--sync.mode=kafka",
                "--spring.data.redis.host=127.0.0.1",
                "--spring.data.redis.port=" + redis.port(),
                "--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers());
    }

    /** The sample joins its election in code; these are the meters of those who do it by annotation. */
    static class Leading {

        @LeaderOnly("importer")
        public void run() {}
    }
}
