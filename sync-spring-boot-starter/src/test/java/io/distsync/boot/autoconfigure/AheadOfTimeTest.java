package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor.Settings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An application whose beans are made by code that Spring wrote when it was built. */
class AheadOfTimeTest {

    private static final String CLASS_PATH = System.getProperty("java.class.path");
    private static final String ENABLED = "spring.aot.enabled";

    @TempDir
    private static Path made;

    private static Path classes() {
        return made.resolve("classes");
    }

    @BeforeAll
    static void process() throws Exception {
        Path sources = made.resolve("sources");
        Files.createDirectories(classes());
        new SpringApplicationAotProcessor(
                        AheadOfTimeApplication.class,
                        Settings.builder()
                                .sourceOutput(sources)
                                .resourceOutput(made.resolve("resources"))
                                .classOutput(classes())
                                .groupId("io.distsync")
                                .artifactId("ahead-of-time")
                                .build(),
                        new String[0])
                .process();
        assertThat(compile(sources, classes())).isEmpty();
    }

    @Test
    void applicationThatWasProcessedAheadOfTimeWorks() throws Exception {
        Map<String, String> outcome = outcome();
        assertThat(outcome)
                .containsEntry("leads", "true")
                .containsEntry("lock", "order:42")
                .containsEntry("counter", "1")
                .containsEntry("heard", "1")
                .containsEntry("registration", "REGISTERED");
        JsonNode endpoint = JsonMapper.shared().readTree(outcome.get("endpoint"));
        assertThat(endpoint.at("/value/counter").asInt()).isEqualTo(1);
        assertThat(endpoint.at("/listeners/0/name").asString()).isEqualTo("jobs.listen");
    }

    /** The beans are those of the mode that was set when they were processed. */
    @Test
    void anotherModeThanThatOfTheBuildIsRefused() {
        assertThatThrownBy(() -> outcome("--sync.mode=redis"))
                .isInstanceOf(InvocationTargetException.class)
                .rootCause()
                .hasMessage(
                        "sync.mode must be local, as when the application was processed ahead of time, but is 'redis'");
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
    @SuppressWarnings("unchecked") // what the method returns
    private static Map<String, String> outcome(String... arguments) throws Exception {
        List<URL> path = new ArrayList<>(List.of(classes().toUri().toURL()));
        for (String each : CLASS_PATH.split(File.pathSeparator, -1)) {
            path.add(new File(each).toURI().toURL());
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        System.setProperty(ENABLED, "true");
        try (URLClassLoader loader =
                new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            return (Map<String, String>) loader.loadClass(AheadOfTimeApplication.class.getName())
                    .getMethod("outcome", String[].class)
                    .invoke(null, (Object) arguments);
        } finally {
            System.clearProperty(ENABLED);
            thread.setContextClassLoader(before);
        }
    }
}
