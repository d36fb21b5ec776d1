package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.reflection;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.distsync.DistributedSync;
import io.distsync.SyncMap;
import io.distsync.SyncStatus;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.boot.LeaderOnly;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.declared.Declared;
import io.distsync.boot.autoconfigure.election.SyncElectionAutoConfiguration;
import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpointAutoConfiguration;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpointWebExtension;
import io.distsync.boot.autoconfigure.lock.SyncLockAutoConfiguration;
import io.distsync.boot.autoconfigure.registry.SyncRegistrationAutoConfiguration;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.support.PropertiesLoaderUtils;
import org.springframework.javapoet.ClassName;

/** What the builder of a native image is told of an application, against what the code needs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RuntimeHintsTest {

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.distsync.boot");

    /** Calls that end in a native image which was not told what they are for. */
    private static final Pattern REFLECTIVE = Pattern.compile(
            "java\\.lang\\.Class\\.(forName|newInstance|get\\w*(Resource|Field|Method|Constructor|Class|Classes)\\w*)"
                    + "|java\\.lang\\.ClassLoader\\..*"
                    + "|java\\.lang\\.reflect\\.(Field\\.[gs]et\\w*|\\w+\\.(invoke|newInstance|newProxyInstance))"
                    + "|java\\.lang\\.invoke\\.MethodHandles.*"
                    + "|java\\.util\\.(ServiceLoader|ResourceBundle)\\..*"
                    + "|org\\.springframework\\.beans\\.BeanUtils\\..*"
                    + "|org\\.springframework\\.core\\.MethodIntrospector\\..*"
                    + "|org\\.springframework\\.core\\.io\\.ClassPathResource\\..*"
                    + "|org\\.springframework\\.core\\.io\\.ResourceLoader\\.getResource"
                    + "|org\\.springframework\\.expression\\.Expression\\.[gs]etValue"
                    + "|org\\.springframework\\.util\\.ClassUtils\\.(forName|isPresent|resolve\\w+|(get|has)\\w*(Method|Constructor)\\w*)"
                    + "|org\\.springframework\\.util\\.ReflectionUtils\\.(doWith|find|get|invoke|set)\\w*"
                    + "|tools\\.jackson\\.databind\\.[\\w.]+\\.(readerFor|writerFor|readValue|writeValue\\w*|convertValue)");

    private RuntimeHints hints = new RuntimeHints();

    @BeforeAll
    void process() {
        DefaultGenerationContext generation = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get(RuntimeHintsTest.class)), new InMemoryGeneratedFiles());
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            TestPropertyValues.of(
                            "sync.mode=kafka",
                            "sync.registry.register=true",
                            "management.endpoints.web.exposure.include=*")
                    .applyTo(context);
            context.register(
                    Application.class,
                    SyncAutoConfiguration.class,
                    SyncListenerAutoConfiguration.class,
                    SyncLockAutoConfiguration.class,
                    SyncElectionAutoConfiguration.class,
                    SyncRegistrationAutoConfiguration.class,
                    EndpointAutoConfiguration.class,
                    WebEndpointAutoConfiguration.class,
                    SyncEndpointAutoConfiguration.class);
            ClassName unused = new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
            generation.writeGeneratedContent();
        }
        hints = generation.getRuntimeHints();
    }

    /** All but what runs when the application is built. */
    @Test
    void reflectionIsUsedWhereItIsKnownToBe() {
        assertThat(CODE.stream()
                        .filter(type -> !type.getName().startsWith(SyncAotProcessor.class.getName()))
                        .flatMap(type -> type.getAccessesFromSelf().stream())
                        .filter(access -> REFLECTIVE.matcher(target(access)).matches())
                        .map(access -> access.getOriginOwner().getSimpleName() + " " + target(access)))
                .containsOnly(
                        // Annotated methods, and their likes in the interfaces of proxies.
                        "AnnotatedMethods org.springframework.core.MethodIntrospector.selectMethods",
                        "InterceptedMethod org.springframework.util.ClassUtils.hasMethod",
                        "ListenerScanner org.springframework.core.MethodIntrospector.selectMethods",
                        "ListenerTarget org.springframework.util.ClassUtils.getMethodIfAvailable",
                        "ListenerTarget java.lang.reflect.Method.invoke",
                        // Names of locks.
                        "LockName org.springframework.expression.Expression.getValue",
                        // Says what is missing; what was there when the application was built does not get here.
                        "UnavailableModeConfiguration org.springframework.util.ClassUtils.isPresent");
    }

    @Test
    void statesThatAnnotationsOrSignaturesNameBecomeJsonAndBack() {
        assertThat(Stream.of(
                        Declared.class.getDeclaredClasses()[0],
                        OfAField.class,
                        OfASetter.class,
                        OfAConstructor.class,
                        OfAFactoryMethod.class,
                        OfABean.class,
                        OfAListener.class,
                        OfANamedListener.class,
                        OfAnInheritedListener.class,
                        Part.class))
                .allSatisfy(this::isBound);
        assertThat(reflection().onType(Unnamed.class)).rejects(hints);
    }

    @Test
    void annotatedMethodsAreCalled() {
        assertThat(Stream.of(Jobs.class, Inherited.class, Behind.class, Work.class)
                        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                        .filter(method -> !method.isSynthetic()))
                .isNotEmpty()
                .allSatisfy(method ->
                        assertThat(reflection().onMethodInvocation(method)).accepts(hints));
    }

    @Test
    void proxiesAreMadeAheadOfTime() {
        assertThat(reflection()
                        .onType(TypeReference.of(Jobs.class.getName() + "$$SpringCGLIB$$0"))
                        .withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                .accepts(hints);
    }

    @Test
    void expressionsInNamesOfLocksReadTheCallAndItsArguments() throws Exception {
        assertThat(reflection().onMethodInvocation(Order.class.getMethod("id"))).accepts(hints);
        Class<?> call = Class.forName("io.distsync.boot.autoconfigure.lock.LockedCall");
        assertThat(call.getMethods())
                .filteredOn(it -> it.getDeclaringClass() == call)
                .isNotEmpty()
                .allSatisfy(getter ->
                        assertThat(reflection().onMethodInvocation(getter)).accepts(hints));
    }

    @Test
    void propertiesAreBound() {
        assertThat(CODE.stream()
                        .filter(type -> type.isAnnotatedWith(ConfigurationProperties.class))
                        .flatMap(type -> withNested(type.reflect()))
                        .filter(Class::isRecord))
                .hasSizeGreaterThan(10)
                .allSatisfy(type -> assertThat(type.getDeclaredConstructors())
                        .allSatisfy(constructor -> assertThat(reflection().onConstructorInvocation(constructor))
                                .accepts(hints)));
    }

    @Test
    void endpointIsCalledAndItsAnswersBecomeJson() {
        assertThat(Stream.of(SyncEndpoint.class, SyncEndpointWebExtension.class)
                        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                        .filter(method -> method.isAnnotationPresent(ReadOperation.class)))
                .hasSize(3)
                .allSatisfy(operation ->
                        assertThat(reflection().onMethodInvocation(operation)).accepts(hints));
        assertThat(Stream.of(SyncEndpoint.class, RecipeDescriptors.class)
                        .flatMap(type -> Arrays.stream(type.getDeclaredClasses())))
                .hasSizeGreaterThan(10)
                .allSatisfy(this::isBound);
        isBound(SyncStatus.ListenerStatus.class);
    }

    @Test
    void factoriesAreMade() throws Exception {
        Properties factories = PropertiesLoaderUtils.loadProperties(
                new FileSystemResource(Path.of("src", "main", "resources", "META-INF", "spring.factories")));
        assertThat(factories.values().stream()
                        .flatMap(names -> Stream.of(names.toString().split(","))))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(reflection()
                                .onType(TypeReference.of(name))
                                .withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                        .accepts(hints));
    }

    private static String target(JavaAccess<?> access) {
        return access.getTargetOwner().getName() + "." + access.getName();
    }

    private void isBound(Class<?> type) {
        if (!type.isInterface()) {
            assertThat(reflection()
                            .onType(type)
                            .withMemberCategories(
                                    MemberCategory.INVOKE_DECLARED_CONSTRUCTORS, MemberCategory.ACCESS_DECLARED_FIELDS))
                    .as(type.getName())
                    .accepts(hints);
        }
        if (type.isRecord()) {
            assertThat(Arrays.stream(type.getRecordComponents()).map(RecordComponent::getAccessor))
                    .allSatisfy(accessor -> assertThat(reflection().onMethodInvocation(accessor))
                            .accepts(hints));
        }
    }

    private static Stream<Class<?>> withNested(Class<?> type) {
        return Stream.concat(
                Stream.of(type), Arrays.stream(type.getDeclaredClasses()).flatMap(RuntimeHintsTest::withNested));
    }

    record OfAField() {}

    record OfASetter() {}

    record OfAConstructor() {}

    record OfAFactoryMethod() {}

    record OfABean() {}

    record OfAListener(Part part) {}

    record OfANamedListener(List<Part> parts) {}

    record OfAnInheritedListener() {}

    record Part(int number) {}

    record Unnamed() {}

    record Order(String id) {}

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackageClasses = Declared.class)
    @Import({Jobs.class, Inheriting.class, Behind.class})
    static class Application {

        @Autowired
        ObjectProvider<DistributedSync<Map<String, OfAField>>> field;

        @Bean
        Topic<OfABean> topic() {
            return Topic.of("bean", OfABean.class);
        }

        @Bean
        String made(DistributedSync<OfAFactoryMethod> handle) {
            return handle + " and " + Topic.of("unnamed", Unnamed.class);
        }
    }

    static class Jobs {

        Jobs(DistributedSync<OfAConstructor> handle) {}

        @Autowired
        void set(SyncMap<OfASetter> map) {}

        @SyncListener
        void listen(Versioned<OfAListener> state) {}

        @SyncListener(topic = "named")
        void listen(OfANamedListener state) {}

        @SyncLocked("order:#{#order.id}")
        void locked(Order order) {}

        @LeaderOnly("importer")
        void leading() {}
    }

    static class Inherited<T> {

        @SyncListener
        void listen(T state) {}
    }

    static class Inheriting extends Inherited<OfAnInheritedListener> {}

    interface Work {

        void work();

        void more();
    }

    static class Behind implements Work {

        @Override
        @SyncLocked("work")
        public void work() {}

        @Override
        public void more() {}
    }
}
