package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.distsync.SyncService;
import io.distsync.boot.SyncListener;
import java.io.File;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jars of the library as modules. Where a build ends before they are made, it is skipped. */
class PublishedModulesTest {

    private static final String CORE = "io.distsync";
    private static final String STARTER = "io.distsync.boot";

    private final Path core = home(SyncService.class);
    private final Path starter = home(SyncListener.class);

    @BeforeEach
    void thereAreJars() {
        assumeThat(List.of(core, starter)).as("jars").allMatch(Files::isRegularFile);
    }

    @Test
    void moduleHasTheNameOfItsRootPackage() {
        assertThat(descriptor(core).name()).isEqualTo(CORE);
        assertThat(descriptor(core).packages())
                .contains(CORE)
                .allMatch(name -> isWithin(name, CORE) && !isWithin(name, STARTER));
        assertThat(descriptor(starter).name()).isEqualTo(STARTER);
        assertThat(descriptor(starter).packages()).contains(STARTER).allMatch(name -> isWithin(name, STARTER));
    }

    /** Resolution refuses a package that two modules have. */
    @Test
    void moduleOfAnApplicationRequiresBoth(@TempDir Path made) throws Exception {
        Path module = Files.writeString(
                made.resolve("module-info.java"),
                "module application { requires " + CORE + "; requires " + STARTER + "; }");
        Path type = Files.writeString(
                made.resolve("Uses.java"),
                "package application; record Uses(io.distsync.SyncService service, io.distsync.boot.SyncListenerRegistry listeners) {}");
        Path classes = Files.createDirectories(made.resolve("classes"));

        assertThat(compile(classes, module, type)).isEmpty();
        Configuration resolved = ModuleLayer.boot()
                .configuration()
                .resolve(ModuleFinder.of(core, starter, classes), ModuleFinder.of(), Set.of("application"));
        assertThat(resolved.modules())
                .extracting(ResolvedModule::name)
                .containsExactlyInAnyOrder("application", CORE, STARTER);
    }

    /** What the compiler has to say. */
    private String compile(Path classes, Path... sources) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files =
                compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
            List<String> options = List.of(
                    "-proc:none", "-nowarn", "-p", core + File.pathSeparator + starter, "-d", classes.toString());
            boolean compiled = compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(sources))
                    .call();
            return compiled ? "" : said.toString();
        }
    }

    private static ModuleDescriptor descriptor(Path jar) {
        return ModuleFinder.of(jar).findAll().stream()
                .map(ModuleReference::descriptor)
                .findFirst()
                .orElseThrow();
    }

    private static boolean isWithin(String name, String root) {
        return name.equals(root) || name.startsWith(root + ".");
    }

    private static Path home(Class<?> type) {
        return Path.of(URI.create(
                type.getProtectionDomain().getCodeSource().getLocation().toString()));
    }
}
