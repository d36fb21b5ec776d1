package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.boot.SyncListener;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** An application with everything its class path offers. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class WholeApplication {

    /** Starts it, uses it and returns the simple names of the bean classes it has from this project. */
    public static List<String> beans(String... arguments) {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(WholeApplication.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .properties("management.endpoints.web.exposure.include=*")
                .run(arguments)) {
            context.getBeanProvider(SyncService.class)
                    .ifAvailable(service -> service.optimisticUpdate(AppState.class, AppState::increment));
            return Arrays.stream(context.getBeanDefinitionNames())
                    .map(context::getType)
                    .filter(Objects::nonNull)
                    .filter(type -> type.getName().startsWith("io.distsync."))
                    .map(Class::getSimpleName)
                    .toList();
        }
    }

    @SyncListener
    void listen(AppState state) {}
}
