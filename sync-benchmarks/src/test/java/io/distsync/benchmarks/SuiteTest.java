package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks check their own outcome; a short run of each keeps them from rotting. */
class SuiteTest {

    /** A million updates, a hundred thousand topics, what another suite runs already: not in every build. */
    private static final List<String> LEFT_OUT = List.of("hot-key-batch", "idle-topics", "redis-hot-key-small");

    /** One for all: each starts in a few seconds. */
    private static KafkaBroker kafka;

    @Test
    void ratiosNameCasesOfTheirSuite() {
        for (Suite suite : Suite.all()) {
            List<String> labels = suite.cases().stream().map(Suite.Case::label).toList();
            assertThat(labels).as(suite.name()).doesNotHaveDuplicates();
            assertThat(suite.ratios())
                    .allSatisfy(ratio -> assertThat(labels).contains(ratio.contender(), ratio.baseline()));
        }
    }

    @TestFactory
    Stream<DynamicTest> everyBenchmarkEndsWithTheOutcomeItExpects() {
        return Suite.all().stream()
                .filter(suite -> !LEFT_OUT.contains(suite.name()))
                .flatMap(suite -> suite.cases().stream()
                        .map(each -> DynamicTest.dynamicTest(suite.name() + ": " + each.label(), () -> run(each))));
    }

    @BeforeAll
    static void startBroker() {
        kafka = EmbeddedKafka.launch(Contender.PATIENT);
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    private static void run(Suite.Case each) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + Pattern.quote(each.benchmark()) + "$")
                .threads(each.threads())
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(50))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        Map<String, String> params = new HashMap<>(each.params());
        params.putAll(Map.of(
                "updates",
                "2",
                "warmUpSeconds",
                "0",
                "topics",
                "20",
                "runMillis",
                "200",
                "locks",
                "20",
                "leaseMillis",
                "600",
                "broker",
                kafka.bootstrapServers())); // where they are parameters
        params.forEach(options::param);

        RunResult result = new Runner(options.build()).runSingle();

        assertThat(result.getPrimaryResult().getScore()).isPositive();
    }
}
