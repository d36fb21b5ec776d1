package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.ReferencedClassObject;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.distsync.ArchitectureTest.WithoutTestSupport;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the builder of a native image is told, against what the code needs. */
class NativeImageMetadataTest {

    private static final String METADATA = "META-INF/native-image/io.distsync/sync-core/reachability-metadata.json";

    /** Calls that end in a native image which was not told what they are for. */
    private static final Pattern REFLECTIVE = Pattern.compile(
            "java\\.lang\\.Class\\.(forName|newInstance|getEnumConstants|get\\w*(Resource|Field|Method|Constructor|Class|Classes|RecordComponent)\\w*)"
                    + "|java\\.lang\\.(ClassLoader|Module|foreign\\..*)\\..*"
                    + "|java\\.lang\\.reflect\\.(Field\\.[gs]et\\w*|\\w+\\.(invoke|newInstance|newProxyInstance))"
                    + "|java\\.lang\\.invoke\\.MethodHandles(\\$Lookup)?\\.(find|unreflect|define|privateLookup)\\w*"
                    + "|java\\.util\\.(ServiceLoader|ResourceBundle)\\..*"
                    + "|java\\.util\\.concurrent\\.atomic\\.\\w+Updater\\.newUpdater"
                    + "|java\\.io\\.Object(In|Out)putStream\\..*"
                    + "|(sun|jdk\\.internal)\\.misc\\.Unsafe\\..*"
                    + "|tools\\.jackson\\.databind\\.[\\w.]+\\.(readerFor|writerFor|readValue|writeValue\\w*|convertValue)");

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOptions(List.of(new ImportOption.DoNotIncludeTests(), new WithoutTestSupport()))
            .importPackages("io.distsync");

    private static final JsonNode TOLD = metadata();

    /** Handles of fields that are named by constants are found by the builder itself. */
    @Test
    void reflectionIsUsedWhereItIsKnownToBe() {
        assertThat(CODE.stream()
                        .flatMap(type -> type.getAccessesFromSelf().stream())
                        .filter(access -> REFLECTIVE.matcher(target(access)).matches())
                        .filter(access -> !access.getName().equals("findVarHandle")
                                || !access.getOrigin().getName().equals("<clinit>"))
                        .map(access -> access.getOriginOwner().getFullName() + " " + target(access)))
                .containsOnly(
                        // The types of states; those of applications are known to them only.
                        "io.distsync.Topic java.lang.Class.getDeclaredConstructor",
                        "io.distsync.Topic java.lang.reflect.Constructor.newInstance",
                        "io.distsync.codec.JacksonCodec tools.jackson.databind.json.JsonMapper.readerFor",
                        "io.distsync.codec.JacksonCodec tools.jackson.databind.json.JsonMapper.writerFor",
                        "io.distsync.codec.JacksonCodec$JsonFormat tools.jackson.databind.ObjectReader.readValue",
                        "io.distsync.codec.JacksonCodec$JsonFormat tools.jackson.databind.ObjectWriter.writeValueAsBytes",
                        // The scripts.
                        "io.distsync.backend.redis.Scripts java.lang.Class.getResourceAsStream");
    }

    @Test
    void everyResourceIsIncluded() throws Exception {
        Path root = Path.of("src", "main", "resources");
        List<String> globs = TOLD.at("/resources")
                .valueStream()
                .map(it -> it.at("/glob").asString())
                .toList();
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> resources = files.filter(Files::isRegularFile)
                    .map(root::relativize)
                    .filter(file -> !file.startsWith("META-INF"))
                    .toList();
            assertThat(resources)
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(globs)
                            .anyMatch(glob -> FileSystems.getDefault()
                                    .getPathMatcher("glob:" + glob)
                                    .matches(file)));
        }
    }

    /** What the topics of the library itself hold, and what that is made of. */
    @Test
    void typesThatBecomeJsonAreRegistered() throws Exception {
        Set<Class<?>> written = new LinkedHashSet<>();
        for (JavaCodeUnit maker : makersOfTopics()) {
            List<JavaClass> types = maker.getReferencedClassObjects().stream()
                    .map(ReferencedClassObject::getRawType)
                    .toList();
            assertThat(types).as("type of the topic in " + maker.getFullName()).isNotEmpty();
            for (JavaClass type : types) {
                addWithParts(written, type.reflect());
            }
        }

        assertThat(TOLD.at("/reflection").valueStream().map(it -> it.at("/type").asString()))
                .containsExactlyInAnyOrderElementsOf(
                        written.stream().map(Class::getName).toList());
        assertThat(TOLD.at("/reflection").valueStream()).allSatisfy(told -> {
            assertThat(told.at("/allDeclaredFields").asBoolean()).isTrue();
            assertThat(told.at("/allDeclaredMethods").asBoolean()).isTrue();
            assertThat(told.at("/allDeclaredConstructors").asBoolean())
                    .isEqualTo(Class.forName(told.at("/type").asString()).isRecord());
        });
    }

    @Test
    void conditionsNameClassesThatAreThere() {
        assertThat(Stream.concat(
                        TOLD.at("/reflection").valueStream(),
                        TOLD.at("/resources").valueStream()))
                .allSatisfy(told -> assertThat(
                                CODE.contain(told.at("/condition/typeReached").asString()))
                        .as(told.toString())
                        .isTrue());
    }

    private static List<JavaCodeUnit> makersOfTopics() {
        List<JavaCodeUnit> makers = CODE.stream()
                .flatMap(type -> type.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().isEquivalentTo(Topic.class))
                .filter(call -> call.getName().equals("ofGeneric")
                        || (call.getName().equals("of")
                                && call.getTarget().getRawParameterTypes().size() == 2))
                .map(JavaAccess::getOrigin)
                .distinct()
                .toList();
        assertThat(makers).isNotEmpty();
        return makers;
    }

    private static void addWithParts(Set<Class<?>> types, Class<?> type) {
        if (!type.getName().startsWith("io.distsync.") || !types.add(type) || !type.isRecord()) {
            return;
        }
        for (RecordComponent component : type.getRecordComponents()) {
            addWithParts(types, component.getType());
        }
    }

    private static String target(JavaAccess<?> access) {
        return access.getTargetOwner().getFullName() + "." + access.getName();
    }

    private static JsonNode metadata() {
        InputStream resource = NativeImageMetadataTest.class.getClassLoader().getResourceAsStream(METADATA);
        return JsonMapper.shared().readTree(Objects.requireNonNull(resource, METADATA));
    }
}
