package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.backend.PayloadFormat;
import io.distsync.codec.Codec;
import io.distsync.codec.JacksonCodec;
import java.io.File;
import java.lang.reflect.Type;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * Applications on class paths that lack a library. The jars are really gone: a loader that only hides classes leaves
 * behind the files by which Spring Boot finds the auto-configurations in them.
 */
class OptionalLibrariesTest {

    private static final String HEALTH = "spring-boot-health-";
    private static final String ACTUATOR = "spring-boot-actuator";
    private static final String MICROMETER = "micrometer-";
    private static final String SPRING_BOOT_METRICS = "spring-boot-micrometer-";
    private static final String SPRING_BOOT_JACKSON = "spring-boot-jackson-";
    private static final String SPRING_BOOT_REDIS = "spring-boot-data-redis-";
    private static final String SPRING_DATA_REDIS = "spring-data-redis-";
    private static final String LETTUCE = "lettuce-core-";
    private static final String SPRING_BOOT_KAFKA = "spring-boot-kafka-";
    private static final String SPRING_KAFKA = "spring-kafka-";
    private static final String KAFKA_CLIENTS = "kafka-clients-";
    private static final String SHEDLOCK = "shedlock-";
    private static final String SPRING_INTEGRATION = "spring-integration-";
    private static final String RESILIENCE4J = "resilience4j-";
    private static final String SPRING_CLOUD_LOADBALANCER = "spring-cloud-loadbalancer-";
    private static final String SPRING_CLOUD = "spring-cloud-";

    /** Always left out, because they only make the start slower here. */
    private static final List<String> WEB =
            List.of("tomcat-", "spring-web", "spring-boot-tomcat", "spring-boot-webmvc");

    @Test
    void everythingIsThereWithAllOfThem() {
        assertThat(WholeApplication.beans())
                .contains(
                        "SyncService",
                        "LocalSyncBackend",
                        "JacksonCodec",
                        "ListenerLifecycle",
                        "SyncHealthIndicator",
                        "MicrometerSyncMetrics",
                        "MicrometerHoldMetrics",
                        "SyncLockProvider",
                        "SyncLockRegistry",
                        "SyncDiscoveryClient",
                        "LoadBalancerConfiguration",
                        "SyncEndpoint",
                        "CircuitBreakerGuard");
    }

    @Test
    void discoveryNeedsNoLoadBalancer() throws Exception {
        assertThat(beansWithout(SPRING_CLOUD_LOADBALANCER))
                .contains("SyncDiscoveryClient")
                .doesNotContain("LoadBalancerConfiguration");
    }

    @Test
    void healthIsLeftOutWithoutItsLibrary() throws Exception {
        assertThat(beansWithout(HEALTH))
                .contains("SyncService", "MicrometerSyncMetrics", "SyncEndpoint")
                .doesNotContain("SyncHealthIndicator");
    }

    /** Without Spring Kafka, too, which needs a part of Micrometer. */
    @Test
    void endpointAndMetersAreLeftOutWithoutActuatorAndMicrometer() throws Exception {
        assertThat(beansWithout(ACTUATOR, MICROMETER, SPRING_BOOT_METRICS, SPRING_BOOT_KAFKA, SPRING_KAFKA))
                .contains("SyncService", "SyncHealthIndicator")
                .doesNotContain("SyncEndpoint", "MicrometerSyncMetrics");
    }

    @Test
    void serviceNeedsNoneOfThem() throws Exception {
        assertThat(beansWithout(
                        HEALTH,
                        ACTUATOR,
                        MICROMETER,
                        SPRING_BOOT_METRICS,
                        SPRING_BOOT_JACKSON,
                        SPRING_BOOT_REDIS,
                        SPRING_DATA_REDIS,
                        LETTUCE,
                        SPRING_BOOT_KAFKA,
                        SPRING_KAFKA,
                        KAFKA_CLIENTS,
                        SHEDLOCK,
                        SPRING_INTEGRATION,
                        RESILIENCE4J,
                        SPRING_CLOUD))
                .contains("SyncService", "LocalSyncBackend", "JacksonCodec", "ListenerLifecycle", "LockedInterceptor")
                .doesNotContain(
                        "SyncHealthIndicator",
                        "MicrometerSyncMetrics",
                        "MicrometerHoldMetrics",
                        "SyncEndpoint",
                        "SyncLockProvider",
                        "SyncLockRegistry",
                        "SyncDiscoveryClient",
                        "LoadBalancerConfiguration",
                        "CircuitBreakerGuard");
    }

    @Test
    void nothingIsThereIfSwitchedOff() {
        assertThat(WholeApplication.beans("--sync.enabled=false")).containsExactly("WholeApplication");
    }

    @Test
    void ownCodecNeedsNoJackson() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("tools.jackson"))
                .withBean("ownCodec", Codec.class, NoCodec::new)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(SyncService.class)
                        .hasSingleBean(Codec.class)
                        .doesNotHaveBean(JacksonCodec.class));
    }

    /** The beans of an application on this class path without the jars of these names. */
    private static List<String> beansWithout(String... jars) throws Exception {
        List<URL> urls = new ArrayList<>();
        int left = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            File file = new File(entry);
            if (Arrays.stream(jars).anyMatch(file.getName()::startsWith)) {
                left++;
            } else if (WEB.stream().noneMatch(file.getName()::startsWith)) {
                urls.add(file.toURI().toURL());
            }
        }
        assertThat(left).as("jars left out").isGreaterThanOrEqualTo(jars.length);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            Object beans = loader.loadClass(WholeApplication.class.getName())
                    .getMethod("beans", String[].class)
                    .invoke(null, (Object) new String[0]);
            return ((List<?>) beans).stream().map(String::valueOf).toList();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static final class NoCodec implements Codec {

        @Override
        public <T> PayloadFormat<T> format(Type type) {
            throw new IllegalArgumentException("not needed");
        }
    }
}
