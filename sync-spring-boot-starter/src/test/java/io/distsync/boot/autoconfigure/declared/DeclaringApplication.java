package io.distsync.boot.autoconfigure.declared;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** An application that declares topics, in Kafka mode; no server is there. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class DeclaringApplication {

    public static void main(String[] arguments) {
        start().close();
    }

    private static ConfigurableApplicationContext start() {
        return new SpringApplicationBuilder(DeclaringApplication.class)
                .main(DeclaringApplication.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .run(
                        "--sync.mode=kafka",
                        "--sync.kafka.start-timeout=0s",
                        "--spring.data.redis.port=6",
                        "--spring.kafka.bootstrap-servers=127.0.0.1:6");
    }

    /** Starts it, and says what it declares. */
    public static String declared() {
        try (ConfigurableApplicationContext context = start()) {
            return context.getBean("syncDeclaredTopics").toString();
        }
    }
}
