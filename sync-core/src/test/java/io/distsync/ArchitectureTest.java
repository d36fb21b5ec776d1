package io.distsync;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.distsync.ArchitectureTest.WithoutTestSupport;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The borders between the packages of this module; with one jar for all backends nothing else holds them. */
@AnalyzeClasses(
        packages = "io.distsync",
        importOptions = {ImportOption.DoNotIncludeTests.class, WithoutTestSupport.class})
class ArchitectureTest {

    private static final String ROOT = "io.distsync";
    private static final String SPI = "io.distsync.backend";
    private static final String SUPPORT = "io.distsync.backend.support..";
    private static final String LOCAL = "io.distsync.backend.local..";
    private static final String REDIS = "io.distsync.backend.redis..";
    private static final String KAFKA = "io.distsync.backend.kafka..";
    private static final String VERSION = "io.distsync.version..";
    private static final String ERROR = "io.distsync.error..";
    private static final String TIME = "io.distsync.time..";
    private static final String LOG = "io.distsync.log..";
    private static final String[] BACKENDS = {LOCAL, REDIS, KAFKA};
    private static final String[] RECIPES = {
        "io.distsync.lease..",
        "io.distsync.queue..",
        "io.distsync.lock..",
        "io.distsync.semaphore..",
        "io.distsync.counter..",
        "io.distsync.election..",
        "io.distsync.registry..",
        "io.distsync.cache..",
        "io.distsync.event..",
        "io.distsync.config.."
    };
    private static final DescribedPredicate<JavaClass> OURS = resideInAPackage("io.distsync..");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles = slices().assignedFrom(new OneSlicePerPackage())
            .should()
            .beFreeOfCycles()
            .allowEmptyShould(true)
            .because("a package in a cycle can neither be understood nor moved to a module of its own");

    @ArchTest
    static final ArchRule spiStandsOnLeavesOnly = classes()
            .that()
            .resideInAPackage(SPI)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.slf4j..", "org.jspecify..", ERROR, VERSION, TIME, SPI)
            .allowEmptyShould(true)
            .because("authors of backends must not inherit the service, the recipes or a client library");

    @ArchTest
    static final ArchRule backendsKnowNeitherServiceNorRecipes = noClasses()
            .that()
            .resideInAPackage("io.distsync.backend..")
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT).or(resideInAnyPackage(RECIPES)))
            .allowEmptyShould(true)
            .because("the service stands on the backends, and what a backend knows of it every other must know too");

    @ArchTest
    static final ArchRule backendsDoNotKnowEachOther = slices().matching("io.distsync.backend.(*)..")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(resideInAnyPackage(BACKENDS), resideInAPackage(SUPPORT))
            .ignoreDependency(resideInAPackage(KAFKA), resideInAPackage(REDIS)) // its store
            .allowEmptyShould(true)
            .because("each must be usable, and removable, without the others; what they share is in support");

    @ArchTest
    static final ArchRule onlyTheServiceNamesABackend = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, "io.distsync.backend..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(BACKENDS)
            .allowEmptyShould(true)
            .because("a recipe that names a backend runs on that backend only");

    @ArchTest
    static final ArchRule theServiceNamesTheLocalBackendOnly = noClasses()
            .that()
            .resideInAPackage(ROOT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(REDIS, KAFKA)
            .allowEmptyShould(true)
            .because("their client libraries are optional and the service must load without them");

    @ArchTest
    static final ArchRule versionsAreALeaf = noClasses()
            .that()
            .resideInAPackage(VERSION)
            .should()
            .dependOnClassesThat(OURS.and(resideOutsideOfPackage(VERSION)))
            .allowEmptyShould(true)
            .because("everything imports versions, so whatever they import would be in a cycle");

    @ArchTest
    static final ArchRule timeIsALeaf = noClasses()
            .that()
            .resideInAPackage(TIME)
            .should()
            .dependOnClassesThat(OURS.and(resideOutsideOfPackage(TIME)).and(resideOutsideOfPackage(LOG)))
            .allowEmptyShould(true)
            .because("everything imports time, so whatever it imports would be in a cycle");

    @ArchTest
    static final ArchRule logEventsAreALeaf = noClasses()
            .that()
            .resideInAPackage(LOG)
            .should()
            .dependOnClassesThat(OURS.and(resideOutsideOfPackage(LOG)))
            .because("everything logs, so whatever they import would be in a cycle");

    @ArchTest
    static final ArchRule errorsKnowVersionsOnly = noClasses()
            .that()
            .resideInAPackage(ERROR)
            .should()
            .dependOnClassesThat(OURS.and(resideOutsideOfPackage(ERROR)).and(resideOutsideOfPackage(VERSION)))
            .allowEmptyShould(true)
            .because("every ring throws errors; the version in conflict is all they need to tell");

    @ArchTest
    static final ArchRule lettuceStaysInItsBackend = noClasses()
            .that()
            .resideOutsideOfPackage(REDIS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.lettuce..", "redis.clients..")
            .allowEmptyShould(true)
            .because("the Redis client is an optional dependency");

    @ArchTest
    static final ArchRule kafkaStaysInItsBackend = noClasses()
            .that()
            .resideOutsideOfPackage(KAFKA)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.kafka..")
            .allowEmptyShould(true)
            .because("the Kafka client is an optional dependency");

    @ArchTest
    static final ArchRule springStaysOut = noClasses()
            .that()
            .resideOutsideOfPackages(REDIS, KAFKA)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..")
            .allowEmptyShould(true)
            .because("the core serves applications without Spring; the starter is where Spring begins");

    @ArchTest
    static final ArchRule onlyTimeReadsAClock = noClasses()
            .that()
            .resideOutsideOfPackage(TIME)
            .should()
            .accessTargetWhere(readsAClockOrSleeps())
            .allowEmptyShould(true)
            .because(
                    "time arrives through the constructor: tests move it by hand, and elapsed time is never wall-clock");

    private static DescribedPredicate<JavaAccess<?>> readsAClockOrSleeps() {
        Map<String, Set<String>> forbidden = Map.of(
                System.class.getName(), Set.of("nanoTime", "currentTimeMillis"),
                Thread.class.getName(), Set.of("sleep"),
                TimeUnit.class.getName(), Set.of("sleep"),
                ZoneId.class.getName(), Set.of("systemDefault"));
        return describe("target is a clock, a sleep or the default time zone", access -> {
            JavaClass owner = access.getTargetOwner();
            String name = access.getTarget().getName();
            return forbidden.getOrDefault(owner.getName(), Set.of()).contains(name)
                    || (owner.isEquivalentTo(Clock.class) && (name.startsWith("system") || name.startsWith("tick")))
                    || (owner.getPackageName().equals("java.time") && name.equals("now"));
        });
    }

    /** Puts each package, the root included, into a slice of its own: a pattern would leave the root out. */
    private static final class OneSlicePerPackage implements SliceAssignment {

        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
            return SliceIdentifier.of(javaClass.getPackageName());
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }

    /** Leaves out the helpers for tests, which share our package prefix but come from another module. */
    static final class WithoutTestSupport implements ImportOption {

        @Override
        public boolean includes(Location location) {
            return !location.contains("/io/distsync/testsupport/");
        }
    }
}
