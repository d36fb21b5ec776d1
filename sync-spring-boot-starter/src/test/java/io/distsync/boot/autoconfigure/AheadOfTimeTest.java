package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor.Settings;

/** An application whose beans are made by code that Spring wrote when it was built. */
class AheadOfTimeTest {

    private static final String CLASS_PATH = System.getProperty("java.class.path");
    private static final String ENABLED = "spring.aot.enabled";

    @Test
    void applicationThatWasProcessedAheadOfTimeWorks(@TempDir Path made) throws Exception {
        Path sources = made.resolve("sources");
        Path classes = Files.createDirectories(made.resolve("classes"));
        new SpringApplicationAotProcessor(
                        AheadOfTimeApplication.class,
                        Settings.builder()
                                .sourceOutput(sources)
                                .resourceOutput(made.resolve("resources"))
                                .classOutput(classes)
                                .groupId("io.distsync")
                                .artifactId("ahead-of-time")
                                .build(),
                        new String[0])
                .process();

        assertThat(compile(sources, classes)).isEmpty();
        assertThat(outcome(classes)).isEqualTo("leads: true, lock: order:42, counter: 1, REGISTERED");
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
    private static String outcome(Path classes) throws Exception {
        List<URL> path = new ArrayList<>(List.of(classes.toUri().toURL()));
        for (String each : CLASS_PATH.split(File.pathSeparator, -1)) {
            path.add(new File(each).toURI().toURL());
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        System.setProperty(ENABLED, "true");
        try (URLClassLoader loader =
                new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            return (String) loader.loadClass(AheadOfTimeApplication.class.getName())
                    .getMethod("outcome")
                    .invoke(null);
        } finally {
            System.clearProperty(ENABLED);
            thread.setContextClassLoader(before);
        }
    }
}
