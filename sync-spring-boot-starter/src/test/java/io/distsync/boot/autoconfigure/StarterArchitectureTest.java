package io.distsync.boot.autoconfigure;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The craft of auto-configurations, as rules. */
@AnalyzeClasses(packages = "io.distsync.boot", importOptions = ImportOption.DoNotIncludeTests.class)
class StarterArchitectureTest {

    private static final Set<String> METER_FACTORIES =
            Set.of("builder", "counter", "gauge", "more", "summary", "timer");

    @ArchTest
    static final ArchRule autoConfigurationsArePublicAndFinal = classes()
            .that()
            .areAnnotatedWith(AutoConfiguration.class)
            .should()
            .bePublic()
            .andShould()
            .haveModifier(FINAL)
            .because("they are named in configuration and never extended");

    @ArchTest
    static final ArchRule configurationsArePackagePrivate = classes()
            .that()
            .areAnnotatedWith(Configuration.class)
            .should()
            .bePackagePrivate()
            .because("only the auto-configuration that imports them knows them");

    @ArchTest
    static final ArchRule beanMethodsArePackagePrivate = methods()
            .that()
            .areAnnotatedWith(Bean.class)
            .should()
            .bePackagePrivate()
            .because("the container calls them, and nobody else");

    @ArchTest
    static final ArchRule beanMethodsAreNotConditionalOnClasses = noMethods()
            .that()
            .areAnnotatedWith(Bean.class)
            .should()
            .beAnnotatedWith(ConditionalOnClass.class)
            .because("the class would be loaded with the signature before the condition is looked at");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles = slices().matching("io.distsync.boot.(**)")
            .should()
            .beFreeOfCycles()
            .because("a package in a cycle can neither be understood nor moved");

    @ArchTest
    static final ArchRule optionalLibrariesStayInTheirPackage = noClasses()
            .that()
            .resideInAPackage("io.distsync.boot.autoconfigure")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.micrometer..", "org.springframework.boot.health..", "org.springframework.boot.actuate..")
            .because("the service must start without them");

    @ArchTest
    static final ArchRule metersAreMadeInOnePlace = noClasses()
            .that()
            .doNotHaveSimpleName("SyncMeter")
            .should()
            .callMethodWhere(describe(
                    "a meter is made",
                    call -> call.getTargetOwner().getPackageName().startsWith("io.micrometer.core.instrument")
                            && METER_FACTORIES.contains(call.getName())))
            .because("the document tells the names that are there");

    @ArchTest
    static final ArchRule redisStaysInItsClasses = noClasses()
            .that()
            .doNotHaveSimpleName("RedisBackendConfiguration")
            .and()
            .doNotHaveSimpleName("RedisClientConfiguration")
            .and()
            .doNotHaveSimpleName("DerivedRedisClient")
            .and()
            .doNotHaveSimpleName("KafkaBackendConfiguration")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.lettuce..",
                    "org.springframework.data..",
                    "org.springframework.boot.data..",
                    "io.distsync.backend.redis..")
            .because("the service must start without them");

    @ArchTest
    static final ArchRule kafkaStaysInItsClasses = noClasses()
            .that()
            .doNotHaveSimpleName("KafkaBackendConfiguration")
            .and()
            .doNotHaveSimpleName("DerivedKafkaSettings")
            .and()
            .doNotHaveSimpleName("KafkaTopicsCheck")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.kafka..",
                    "org.springframework.kafka..",
                    "org.springframework.boot.kafka..",
                    "io.distsync.backend.kafka..")
            .because("the service must start without them");

    @ArchTest
    static final ArchRule shedLockStaysInItsClasses = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.distsync.boot.autoconfigure.lock.ShedLockConfiguration")
            .and()
            .haveNameNotMatching(".*\\.SyncLockProvider(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("net.javacrumbs.shedlock..")
            .because("the service must start without it");

    @ArchTest
    static final ArchRule springIntegrationStaysInItsClasses = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.distsync.boot.autoconfigure.lock.SpringIntegrationConfiguration")
            .and()
            .haveNameNotMatching(".*\\.SyncLockRegistry(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework.integration..")
            .because("the service must start without it");

    @ArchTest
    static final ArchRule resilience4jStaysInItsClasses = noClasses()
            .that()
            .doNotHaveSimpleName("CircuitBreakerConfiguration")
            .and()
            .doNotHaveSimpleName("CircuitBreakerGuard")
            .and()
            .doNotHaveSimpleName("CircuitBreakerBackend")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.github.resilience4j..")
            .because("the service must start without it");

    @ArchTest
    static final ArchRule springCloudStaysInItsPackage = noClasses()
            .that()
            .resideOutsideOfPackage("io.distsync.boot.autoconfigure.cloud")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework.cloud..")
            .because("the service must start without it");

    @ArchTest
    static final ArchRule coreInternalsAreNotUsed = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.distsync.backend.support..")
            .because("the starter stands on the public API and on the backends' builders");
}
