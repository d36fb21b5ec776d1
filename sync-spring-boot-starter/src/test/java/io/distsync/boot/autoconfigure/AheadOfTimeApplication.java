package io.distsync.boot.autoconfigure;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.boot.LeaderOnly;
import io.distsync.boot.SyncLeadership;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.SyncLockedGrants;
import io.distsync.boot.SyncOwnRegistration;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.awaitility.Awaitility;
import org.springframework.boot.Banner;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application that uses what the starter makes, with everything on its class path. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class AheadOfTimeApplication {

    private static final String[] ARGUMENTS = {
        "--spring.application.name=orders",
        "--server.port=0",
        "--management.endpoints.web.exposure.include=*",
        "--management.endpoint.sync.show-values=always",
        "--sync.registry.register=true"
    };

    public static void main(String[] arguments) {
        start(arguments).close();
    }

    private static ConfigurableApplicationContext start(String... arguments) {
        return new SpringApplicationBuilder(AheadOfTimeApplication.class)
                .main(AheadOfTimeApplication.class)
                .bannerMode(Banner.Mode.OFF)
                .run(Stream.concat(Arrays.stream(ARGUMENTS), Arrays.stream(arguments))
                        .toArray(String[]::new));
    }

    /** Starts it, uses it, and says what came of that. */
    public static Map<String, String> outcome(String... arguments) throws Exception {
        // A JVM has one, and tests in another class loader may have set it.
        boolean unused = TomcatURLStreamHandlerFactory.disable();
        try (ConfigurableApplicationContext context = start(arguments)) {
            SyncLeadership leadership = context.getBean(SyncLeadership.class);
            Jobs jobs = context.getBean(Jobs.class);
            context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> leadership.term("importer").isPresent() && jobs.heard() > 0);
            Map<String, String> outcome = new TreeMap<>();
            outcome.put("leads", String.valueOf(jobs.leads()));
            outcome.put("lock", jobs.lock("42"));
            outcome.put("counter", String.valueOf(jobs.counter()));
            outcome.put("heard", String.valueOf(jobs.heard()));
            outcome.put(
                    "registration",
                    context.getBean(SyncOwnRegistration.class)
                            .current()
                            .status()
                            .name());
            outcome.put("endpoint", get(context, "/actuator/sync/app_state"));
            return outcome;
        }
    }

    private static String get(ConfigurableApplicationContext context, String path) throws Exception {
        URI uri = URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Bean
    Jobs jobs(SyncLeadership leadership, SyncLockedGrants grants, DistributedSync<AppState> state) {
        return new Jobs(leadership, grants, state);
    }

    static class Jobs {

        private final SyncLeadership leadership;
        private final SyncLockedGrants grants;
        private final DistributedSync<AppState> state;
        private volatile long heard;

        Jobs(SyncLeadership leadership, SyncLockedGrants grants, DistributedSync<AppState> state) {
            this.leadership = leadership;
            this.grants = grants;
            this.state = state;
        }

        @LeaderOnly("importer")
        Boolean leads() {
            return leadership.current().isValid();
        }

        @SyncLocked("order:#{#id}")
        String lock(String id) {
            return grants.current().name();
        }

        @SyncListener
        void listen(AppState state) {
            heard = state.counter();
        }

        long heard() {
            return heard;
        }

        long counter() {
            return state.get().counter();
        }
    }
}
