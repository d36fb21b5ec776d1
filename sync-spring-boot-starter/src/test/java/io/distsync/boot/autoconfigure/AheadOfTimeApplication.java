package io.distsync.boot.autoconfigure;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.boot.LeaderOnly;
import io.distsync.boot.SyncLeadership;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.SyncLockedGrants;
import io.distsync.boot.SyncOwnRegistration;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application that uses what the starter makes, with everything on its class path. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class AheadOfTimeApplication {

    public static void main(String[] arguments) {
        start().close();
    }

    private static ConfigurableApplicationContext start() {
        return new SpringApplicationBuilder(AheadOfTimeApplication.class)
                .main(AheadOfTimeApplication.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .run("--spring.application.name=orders", "--sync.registry.register=true");
    }

    /** Starts it, uses it, and says what came of that. */
    public static String outcome() {
        try (ConfigurableApplicationContext context = start()) {
            SyncLeadership leadership = context.getBean(SyncLeadership.class);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> leadership.term("importer").isPresent());
            context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
            Jobs jobs = context.getBean(Jobs.class);
            return "leads: " + jobs.leads() + ", lock: " + jobs.lock("42") + ", counter: " + jobs.counter() + ", "
                    + context.getBean(SyncOwnRegistration.class).current().status();
        }
    }

    @Bean
    Jobs jobs(SyncLeadership leadership, SyncLockedGrants grants, DistributedSync<AppState> state) {
        return new Jobs(leadership, grants, state);
    }

    static class Jobs {

        private final SyncLeadership leadership;
        private final SyncLockedGrants grants;
        private final DistributedSync<AppState> state;

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

        long counter() {
            return state.get().counter();
        }
    }
}
