package io.distsync.boot.autoconfigure.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.SyncBackend;
import io.distsync.boot.LeaderOnly;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.UnsteadyBackend;
import io.distsync.boot.autoconfigure.election.SyncElectionAutoConfiguration;
import io.distsync.boot.autoconfigure.observation.SyncObservation;
import io.distsync.registry.SyncRegistry;
import io.distsync.testsupport.docs.Repository;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The meters that are told of are those there are. */
class MetersTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final UnsteadyBackend backend = new UnsteadyBackend();

    @Test
    void everyMeterIsDocumented() {
        StringBuilder table = new StringBuilder("| meter | kind | unit | tags | in Prometheus | meaning |\n");
        table.append("|---|---|---|---|---|---|\n");
        for (SyncMeter meter : SyncMeter.values()) {
            table.append("| `%s` | %s | %s | %s | `%s` | %s |%n"
                    .formatted(
                            meter.getName(),
                            kind(meter.getType()),
                            meter.getBaseUnit() == null ? "" : meter.getBaseUnit(),
                            Arrays.stream(meter.getKeyNames())
                                    .map(MetersTest::tag)
                                    .collect(Collectors.joining("; ")),
                            prometheus(meter),
                            meter.description()));
        }
        Repository.compare("docs/metrics.md", "meters", table.toString());
    }

    @Test
    void everyObservationIsDocumented() {
        StringBuilder table = new StringBuilder("| observation | span | tags of its timer | on the span only |\n");
        table.append("|---|---|---|---|\n");
        for (SyncObservation observation : SyncObservation.values()) {
            table.append("| `%s` | `%s` | %s | %s |%n"
                    .formatted(
                            observation.getName(),
                            observation.getContextualName(),
                            names(observation.getLowCardinalityKeyNames()),
                            names(observation.getHighCardinalityKeyNames())));
        }
        Repository.compare("docs/metrics.md", "observations", table.toString());
    }

    @Test
    void whatIsRegisteredIsWhatIsDocumented() {
        backend.broadcast(new Broadcast("kafka", null, 0, null));
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SyncAutoConfiguration.class,
                        SyncElectionAutoConfiguration.class,
                        SyncMetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, () -> meters)
                .withBean(SyncBackend.class, () -> backend)
                .withBean(Importer.class)
                .run(context -> {
                    context.getBeansOfType(MeterBinder.class).values().forEach(binder -> binder.bindTo(meters));
                    context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
                    context.getBean(SyncRegistry.class).instances("orders");
                    await().atMost(LONG).until(() -> meters.find("sync.leader").gauge() != null);

                    for (SyncMeter meter : SyncMeter.values()) {
                        assertThat(meters.find(meter.getName()).meters())
                                .as(meter.getName())
                                .isNotEmpty()
                                .allSatisfy(it -> assertIs(meter, it.getId()));
                    }
                    assertThat(meters.getMeters())
                            .extracting(it -> it.getId().getName())
                            .isSubsetOf(Arrays.stream(SyncMeter.values())
                                    .map(SyncMeter::getName)
                                    .toList());
                });
    }

    @Test
    void tagHasNoOtherValueThanTheKnownOnes() {
        assertThat(SyncTag.UPDATE_OUTCOME.of("applied")).isEqualTo(Tag.of("outcome", "applied"));
        assertThat(SyncTag.TOPIC.of("anything")).isEqualTo(Tag.of("topic", "anything"));
        assertThatThrownBy(() -> SyncTag.UPDATE_OUTCOME.of("lost"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("outcome is one of [applied, not_applied, unknown], not lost");
    }

    private static void assertIs(SyncMeter documented, Meter.Id registered) {
        assertThat(registered.getType()).isEqualTo(documented.getType());
        assertThat(registered.getBaseUnit()).isEqualTo(documented.getBaseUnit());
        assertThat(registered.getDescription()).isEqualTo(documented.description());
        assertThat(registered.getTags())
                .extracting(Tag::getKey)
                .containsExactlyInAnyOrder(Arrays.stream(documented.getKeyNames())
                        .map(KeyName::asString)
                        .toArray(String[]::new));
    }

    private static String kind(Meter.Type type) {
        return type == Meter.Type.DISTRIBUTION_SUMMARY ? "summary" : type.name().toLowerCase(Locale.ROOT);
    }

    private static String names(KeyName... keys) {
        return Arrays.stream(keys).map(key -> "`" + key.asString() + "`").collect(Collectors.joining(", "));
    }

    private static String tag(KeyName tag) {
        List<String> possible = ((SyncTag) tag).possible();
        return "`" + tag.asString() + "`"
                + (possible.isEmpty() ? "" : possible.stream().collect(Collectors.joining("`, `", ": `", "`")));
    }

    /** What a scrape shows of the meter, the common beginning of several names once. */
    private static String prometheus(SyncMeter meter) {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        switch (meter.getType()) {
            case COUNTER -> meter.counter().register(registry);
            case TIMER -> meter.timer().register(registry);
            case DISTRIBUTION_SUMMARY -> meter.summary().register(registry);
            default -> meter.gauge(registry, it -> 0).register(registry);
        }
        List<String> names = registry.scrape()
                .lines()
                .filter(Predicate.not(line -> line.startsWith("#")))
                .map(line -> line.split("[ {]", 2)[0])
                .toList();
        if (names.size() == 1) {
            return names.get(0);
        }
        String first = names.get(0);
        String common = first.substring(0, first.lastIndexOf('_') + 1);
        return names.stream()
                .map(name -> name.substring(common.length()))
                .collect(Collectors.joining(",", common + "{", "}"));
    }

    static class Importer {

        @LeaderOnly("importer")
        void run() {}
    }
}
