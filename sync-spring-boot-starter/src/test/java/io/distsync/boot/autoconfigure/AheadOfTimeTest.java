package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.boot.autoconfigure.declared.DeclaringApplication;
import java.io.File;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor.Settings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Applications whose beans are made by code that Spring wrote when they were built. */
class AheadOfTimeTest {

    private static final String CLASS_PATH = System.getProperty("java.class.path");
    private static final String ENABLED = "spring.aot.enabled";

    @TempDir
    private static Path made;

    @BeforeAll
    static void process() throws Exception {
        process(AheadOfTimeApplication.class);
        process(DeclaringApplication.class);
    }

    @Test
    void applicationThatWasProcessedAheadOfTimeWorks() throws Exception {
        Map<?, ?> outcome = (Map<?, ?>) call(AheadOfTimeApplication.class, "outcome", (Object) new String[0]);
        assertThat(outcome)
                .asInstanceOf(InstanceOfAssertFactories.map(String.class, String.class))
                .containsEntry("leads", "true")
                .containsEntry("lock", "order:42")
                .containsEntry("counter", "1")
                .containsEntry("heard", "1")
                .containsEntry("registration", "REGISTERED");
        JsonNode endpoint = JsonMapper.shared().readTree(String.valueOf(outcome.get("endpoint")));
        assertThat(endpoint.at("/value/counter").asInt()).isEqualTo(1);
        assertThat(endpoint.at("/listeners/0/name").asString()).isEqualTo("jobs.listen");
    }

    /** The beans are those of the mode that was set when they were processed. */
    @Test
    void anotherModeThanThatOfTheBuildIsRefused() {
        assertThatThrownBy(() ->
                        call(AheadOfTimeApplication.class, "outcome", (Object) new String[] {"--sync.mode=redis"}))
                .isInstanceOf(InvocationTargetException.class)
                .rootCause()
                .hasMessage(
                        "sync.mode must be local, as when the application was processed ahead of time, but is 'redis'");
    }

    /** A native image has no class path to search for them. */
    @Test
    void topicsThatTypesDeclareAreFoundAheadOfTime() throws Exception {
        assertThat(call(DeclaringApplication.class, "declared"))
                .isEqualTo("DeclaredTopics[names=[as-interface, as-nested, as-record]]");
    }

    private static Path classesOf(Class<?> application) {
        return made.resolve(application.getSimpleName()).resolve("classes");
    }

    private static void process(Class<?> application) throws Exception {
        Path classes = Files.createDirectories(classesOf(application));
        Path sources = classes.resolveSibling("sources");
        new SpringApplicationAotProcessor(
                        application,
                        Settings.builder()
                                .sourceOutput(sources)
                                .resourceOutput(classes.resolveSibling("resources"))
                                .classOutput(classes)
                                .groupId("io.distsync")
                                .artifactId("ahead-of-time")
                                .build(),
                        new String[0])
                .process();
        assertThat(compile(sources, classes)).isEmpty();
    }

    /** What the compiler has to say. */
    private static String compile(Path sources, Path classes) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files =
                        compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
                Stream<Path> all = Files.walk(sources)) {
            List<Path> written =
                    all.filter(path -> path.toString().endsWith(".java")).toList();
            List<String> options = List.of("-proc:none", "-nowarn", "-cp", CLASS_PATH, "-d", classes.toString());
            boolean compiled = compiler.getTask(
                            said, files, null, options, null, files.getJavaFileObjectsFromPaths(written))
                    .call();
            return compiled ? "" : said.toString();
        }
    }

    /** In a loader for all classes, because those that were written are in packages of others. */
    private static Object call(Class<?> application, String name, Object... arguments) throws Exception {
        List<URL> path = new ArrayList<>(List.of(classesOf(application).toUri().toURL()));
        for (String each : CLASS_PATH.split(File.pathSeparator, -1)) {
            path.add(new File(each).toURI().toURL());
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        System.setProperty(ENABLED, "true");
        try (URLClassLoader loader =
                new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            Method method = Stream.of(loader.loadClass(application.getName()).getMethods())
                    .filter(it -> it.getName().equals(name))
                    .findFirst()
                    .orElseThrow();
            return method.invoke(null, arguments);
        } finally {
            System.clearProperty(ENABLED);
            thread.setContextClassLoader(before);
        }
    }
}
