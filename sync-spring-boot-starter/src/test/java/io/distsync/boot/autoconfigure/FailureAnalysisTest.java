package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.SyncTopic;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.boot.SyncListener;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.ResourceLoader;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.stereotype.Component;

/** What an application prints that is set up wrongly: what is wrong, and what to change. */
@ExtendWith(OutputCaptureExtension.class)
class FailureAnalysisTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    PropertyPlaceholderAutoConfiguration.class,
                    SyncAutoConfiguration.class,
                    SyncListenerAutoConfiguration.class));

    @ParameterizedTest
    @CsvSource({
        "redis, org.springframework.boot.data.redis",
        "redis, org.springframework.data.redis",
        "redis, io.lettuce",
        "kafka, org.springframework.boot.data.redis",
        "kafka, org.springframework.data.redis",
        "kafka, io.lettuce",
        "kafka, org.springframework.boot.kafka",
        "kafka, org.springframework.kafka",
        "kafka, org.apache.kafka",
    })
    void missingClientLibraryIsNamed(String mode, String missing, CapturedOutput output) {
        ClassLoader without = new FilteredClassLoader(missing);
        runner.withClassLoader(without)
                .withPropertyValues("sync.mode=" + mode)
                .run(context ->
                        assertThat(context).getFailure().rootCause().isInstanceOf(ClientLibraryMissingException.class));

        fail(App.class, new DefaultResourceLoader(without), "--sync.mode=" + mode);

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("sync.mode is '" + mode + "', but the client library of this mode is not on the class path:"
                        + " there is no " + missing + ".")
                .contains(
                        mode.equals("redis")
                                ? "Add the dependency org.springframework.boot:spring-boot-starter-data-redis with"
                                        + " everything it brings"
                                : "Add the dependencies org.springframework.boot:spring-boot-starter-data-redis and"
                                        + " org.springframework.boot:spring-boot-starter-kafka")
                .contains("sync.mode=local");
    }

    @Test
    void fixedListOfMasterAndReplicasIsRefused(CapturedOutput output) {
        fail(Redis.class, null, "--sync.mode=redis", "--spring.data.redis.masterreplica.nodes=127.0.0.1:7000");

        assertThat(output)
                .contains("has a fixed list of a master and its replicas")
                .contains("to sentinels");
    }

    @Test
    void otherClientIsRefused(CapturedOutput output) {
        fail(Redis.class, null, "--sync.mode=redis", "--spring.data.redis.client-type=jedis");

        assertThat(output)
                .containsPattern("sync\\.mode is 'redis', but there is no bean of type LettuceConnectionFactory, only"
                        + " 'redisConnectionFactory(VirtualThreads)?' \\(JedisConnectionFactory\\)\\.")
                .contains("remove spring.data.redis.client-type");
    }

    @Test
    void missingConnectionFactoryIsNamed(CapturedOutput output) {
        fail(App.class, null, "--sync.mode=redis");

        assertThat(output)
                .contains("sync.mode is 'redis', but there is no bean of type LettuceConnectionFactory.")
                .contains("Do not exclude DataRedisAutoConfiguration");
    }

    @Test
    void severalConnectionFactoriesNeedAPrimaryOne(CapturedOutput output) {
        fail(TwoFactories.class, null, "--sync.mode=redis");

        assertThat(output)
                .contains("there are several beans of type LettuceConnectionFactory: one, other.")
                .contains("Mark the one that leads to the shared state as @Primary");
    }

    @Test
    void modeKafkaIsNamedInWhatIsWrongWithRedis(CapturedOutput output) {
        fail(App.class, null, "--sync.mode=kafka");

        assertThat(output)
                .contains("sync.mode is 'kafka', but there is no bean of type LettuceConnectionFactory.")
                .contains("such as KafkaSyncBackend.builder(RedisSyncBackend.builder(");
    }

    @Test
    void missingKafkaFactoryIsNamed(CapturedOutput output) {
        fail(Redis.class, null, "--sync.mode=kafka");

        assertThat(output)
                .contains("sync.mode is 'kafka', but there is no bean of type KafkaAdmin.")
                .contains("Do not exclude KafkaAutoConfiguration, or define a KafkaAdmin");
    }

    @Test
    void severalKafkaFactoriesNeedAPrimaryOne(CapturedOutput output) {
        fail(TwoProducerFactories.class, null, "--sync.mode=kafka");

        assertThat(output)
                .contains("there are several beans of type ProducerFactory: one, other.")
                .contains("Mark the one that leads to the brokers for the shared state as @Primary");
    }

    @Test
    void kafkaFactoryThatDoesNotTellItsSettingsIsNamed(CapturedOutput output) {
        fail(SilentFactory.class, null, "--sync.mode=kafka");

        assertThat(output)
                .contains("the bean of type ProducerFactory does not tell its settings: " + Silent.class.getName())
                .contains("Implement that method, or use the implementation of Spring Kafka");
    }

    @Test
    void settingThatKafkaDoesNotTakeIsNamed(CapturedOutput output) {
        fail(Kafka.class, null, "--sync.mode=kafka", "--spring.kafka.properties.security.protocol=NONSENSE");

        assertThat(output)
                .contains("Kafka's clients cannot be made with the settings of the application: ")
                .contains("NONSENSE")
                .contains("most likely one of spring.kafka.*");
    }

    @Test
    void topicThatIsTooLongForKafkaIsNamed(CapturedOutput output) {
        fail(Kafka.class, null, "--sync.mode=kafka", "--sync.kafka.topics=" + ":".repeat(100));

        assertThat(output)
                .contains("A topic that is declared does not fit Kafka: topic '::::")
                .contains("Give the topic a shorter name");
    }

    @Test
    void valueOutOfRangeIsNamedWithItsOrigin(CapturedOutput output) {
        fail(App.class, null, "--sync.timeout=0s");

        assertThat(output)
                .contains("sync.timeout must be from 1ms to 1d, but is '0s' (\"sync.timeout\" from property source")
                .contains("Change sync.timeout: it must be from 1ms to 1d.");
    }

    @Test
    void unknownModeIsListedWithTheKnownOnes(CapturedOutput output) {
        fail(App.class, null, "--sync.mode=redsi");

        assertThat(output)
                .contains("Property: sync.mode")
                .contains("Value: \"redsi\"")
                .contains("local");
    }

    @Test
    void unreadableDurationIsNamed(CapturedOutput output) {
        fail(App.class, null, "--sync.timeout=soon");

        assertThat(output).contains("Property: sync.timeout").contains("Value: \"soon\"");
    }

    @Test
    void badTopicNameOfAListenerIsNamed(CapturedOutput output) {
        check(BadListenerTopic.class, InvalidSyncTopicException.class);

        assertThat(output)
                .contains("Bad topic name in @SyncListener method " + BadListenerTopic.class.getName()
                        + ".listen(AppState): topic name 'a topic' has the character ' ' at index 1")
                .contains("Change the name: 1 to 200 characters of A-Z a-z 0-9 . _ - : /");
    }

    @Test
    void badTopicNameOfAnAnnotatedTypeIsNamed(CapturedOutput output) {
        check(BadAnnotation.class, InvalidSyncTopicException.class);

        assertThat(output)
                .contains("Bad topic name in @SyncTopic on " + Misnamed.class.getName())
                .contains("'ümlaut'".replace("ü", "\\u00fc"));
    }

    @Test
    void stateWithoutTopicIsNamed(CapturedOutput output) {
        check(NoTopic.class, InvalidSyncTopicException.class);

        assertThat(output)
                .contains("No topic is known for parameter 0 of the constructor of " + NoTopic.class.getName())
                .contains("Annotate " + Room.class.getName() + " with @SyncTopic(\"a-name\")");
    }

    @Test
    void listenerOfAStateWithoutTopicIsNamed(CapturedOutput output) {
        check(ListenerWithoutTopic.class, InvalidSyncTopicException.class);

        assertThat(output)
                .contains("No topic is known for @SyncListener method " + ListenerWithoutTopic.class.getName())
                .contains("or set the attribute topic of @SyncListener");
    }

    @Test
    void topicWithTwoTypesIsNamedWithBothPlaces(CapturedOutput output) {
        check(TwoTypes.class, TopicTypeMismatchException.class);

        assertThat(output)
                .contains("The topic 'app_state' is used with two types: ")
                .contains(AppState.class.getName() + " (parameter 0 of the constructor of " + TwoTypes.class.getName())
                .contains(
                        Room.class.getName() + " (@SyncListener method " + TwoTypes.class.getName() + ".listen(Room))");
    }

    @Test
    void topicDescribedInTwoWaysIsNamed(CapturedOutput output) {
        check(TwoWays.class, InvalidSyncTopicException.class);

        assertThat(output)
                .contains(
                        "The topic of listener 'failureAnalysisTest.TwoWays.listen' cannot be followed: topic 'app_state' is"
                                + " already in use by this service with another type, other options or no initial value")
                .contains("best as one bean of type Topic");
    }

    @Test
    void listenerThatReturnsSomethingIsNamed(CapturedOutput output) {
        check(Returning.class, InvalidSyncListenerException.class);

        assertThat(output)
                .contains("The @SyncListener method " + Returning.class.getName() + ".listen(AppState) returns String.")
                .contains("Declare it as void");
    }

    @Test
    void listenerWithoutParameterIsNamed(CapturedOutput output) {
        check(WithoutParameter.class, InvalidSyncListenerException.class);

        assertThat(output).contains(".listen() has no parameter.");
    }

    @Test
    void listenerWithOtherParametersIsNamed(CapturedOutput output) {
        check(TooMany.class, InvalidSyncListenerException.class);

        assertThat(output).contains("has parameters that are neither the state nor its version.");
    }

    @Test
    void listenerOfAnythingIsNamed(CapturedOutput output) {
        check(OfAnything.class, InvalidSyncTopicException.class);

        assertThat(output).contains("its type does not say what the state is");
    }

    @Test
    void idUsedTwiceIsNamed(CapturedOutput output) {
        check(SameId.class, InvalidSyncListenerException.class);

        assertThat(output).contains("has the id 'same', which another listener has already.");
    }

    @Test
    void missingErrorHandlerIsNamed(CapturedOutput output) {
        check(NoHandler.class, InvalidSyncListenerException.class);

        assertThat(output).contains("names the error handler 'nobody', which is no bean of type");
    }

    @Test
    void unresolvablePlaceholderIsNamed(CapturedOutput output) {
        check(BadPlaceholder.class, InvalidSyncListenerException.class);

        assertThat(output).contains("has topic = '${nowhere}', which cannot be resolved");
    }

    @Test
    void badAutoStartupIsNamed(CapturedOutput output) {
        check(BadAutoStartup.class, InvalidSyncListenerException.class);

        assertThat(output).contains("has autoStartup = 'perhaps'.");
    }

    /** Checks the failure, and starts an application for what it prints. */
    private void check(Class<?> bean, Class<? extends SyncConfigurationException> failure) {
        runner.withUserConfiguration(bean)
                .run(context -> assertThat(
                                Stream.iterate(context.getStartupFailure(), Objects::nonNull, Throwable::getCause))
                        .hasAtLeastOneElementOfType(failure));
        fail(bean, null);
    }

    private static void fail(Class<?> source, @Nullable ResourceLoader resources, String... arguments) {
        SpringApplication application = new SpringApplicationBuilder(App.class, source)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .build();
        if (resources != null) {
            application.setResourceLoader(resources);
        }
        assertThat(catchThrowable(() -> application.run(arguments).close())).isNotNull();
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        PropertyPlaceholderAutoConfiguration.class,
        SyncAutoConfiguration.class,
        SyncListenerAutoConfiguration.class
    })
    static class App {}

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(DataRedisAutoConfiguration.class)
    static class Redis {}

    @Configuration(proxyBeanMethods = false)
    static class TwoFactories {

        @Bean
        LettuceConnectionFactory one() {
            return new LettuceConnectionFactory("localhost", 6379);
        }

        @Bean
        LettuceConnectionFactory other() {
            return new LettuceConnectionFactory("localhost", 6380);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({DataRedisAutoConfiguration.class, KafkaAutoConfiguration.class})
    static class Kafka {}

    @Configuration(proxyBeanMethods = false)
    @Import(Redis.class)
    static class TwoProducerFactories {

        @Bean
        KafkaAdmin admin() {
            return new KafkaAdmin(Map.of("bootstrap.servers", "127.0.0.1:1"));
        }

        @Bean
        ProducerFactory<?, ?> one() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:1"));
        }

        @Bean
        ProducerFactory<?, ?> other() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:2"));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Redis.class)
    static class SilentFactory {

        @Bean
        KafkaAdmin admin() {
            return new KafkaAdmin(Map.of("bootstrap.servers", "127.0.0.1:1"));
        }

        @Bean
        Silent producers() {
            return new Silent();
        }
    }

    static final class Silent implements ProducerFactory<String, String> {

        @Override
        public Producer<String, String> createProducer() {
            throw new IllegalStateException("nobody needs one");
        }
    }

    @Component
    static class BadListenerTopic {

        @SyncListener(topic = "a topic")
        void listen(AppState state) {}
    }

    @SyncTopic("ümlaut")
    record Misnamed() {}

    @Component
    record BadAnnotation(DistributedSync<Misnamed> sync) {}

    @Component
    record NoTopic(DistributedSync<Room> sync) {}

    @Component
    static class ListenerWithoutTopic {

        @SyncListener
        void listen(Room state) {}
    }

    @Component
    record TwoTypes(DistributedSync<AppState> sync) {

        @SyncListener(topic = "app_state")
        void listen(Room room) {}
    }

    @Component
    static class TwoWays {

        TwoWays(SyncService service) {
            service.send(Topic.of("app_state", Room.class), new Room("not an AppState"));
        }

        @SyncListener
        void listen(AppState state) {}
    }

    @Component
    static class Returning {

        @SyncListener
        String listen(AppState state) {
            return state.note();
        }
    }

    @Component
    static class WithoutParameter {

        @SyncListener
        void listen() {}
    }

    @Component
    static class TooMany {

        @SyncListener
        void listen(AppState state, String what) {}
    }

    @Component
    static class OfAnything {

        @SyncListener
        void listen(Versioned<?> state) {}
    }

    @Component
    static class SameId {

        @SyncListener(id = "same")
        void one(AppState state) {}

        @SyncListener(id = "same")
        void two(AppState state) {}
    }

    @Component
    static class NoHandler {

        @SyncListener(errorHandler = "nobody")
        void listen(AppState state) {}
    }

    @Component
    static class BadPlaceholder {

        @SyncListener(topic = "${nowhere}")
        void listen(AppState state) {}
    }

    @Component
    static class BadAutoStartup {

        @SyncListener(autoStartup = "perhaps")
        void listen(AppState state) {}
    }
}
