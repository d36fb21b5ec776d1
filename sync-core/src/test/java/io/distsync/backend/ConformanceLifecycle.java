package io.distsync.backend;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.NothingLeftBehind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each case its store, skips those whose capability is lacking, checks the invariants afterwards, and at the end
 * prints which cases were skipped and why.
 */
final class ConformanceLifecycle
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(ConformanceLifecycle.class);

    private final NothingLeftBehind watch;

    ConformanceLifecycle(NothingLeftBehind watch) {
        this.watch = watch;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (isSuite(context)) {
            context.getStore(NAMESPACE).put(Report.class, new Report());
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        BackendFixture fixture = suite(context).fixture();
        Map<Capability, String> lacking = fixture.lacking();
        List<String> reasons = needs(context)
                .filter(lacking::containsKey)
                .map(capability -> capability + ": " + lacking.get(capability))
                .toList();
        Report report = context.getStore(NAMESPACE).getOrDefault(Report.class, Report.class, new Report());
        report.cases.incrementAndGet();
        if (!reasons.isEmpty()) {
            fixture.close();
            String reason = String.join("; ", reasons);
            report.skipped.add(context.getDisplayName() + " (" + reason + ")");
            assumeTrue(false, reason);
        }
        context.getStore(NAMESPACE).put(StoreUnderTest.class, new StoreUnderTest(fixture, watch));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        StoreUnderTest store = context.getStore(NAMESPACE).remove(StoreUnderTest.class, StoreUnderTest.class);
        if (store == null) {
            return;
        }
        try {
            if (context.getExecutionException().isEmpty()) {
                store.verify();
            }
        } finally {
            store.close();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (isSuite(context)) {
            Report report = context.getStore(NAMESPACE).remove(Report.class, Report.class);
            if (report != null) {
                report.print(context.getDisplayName());
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == StoreUnderTest.class || type == TopicUnderTest.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        StoreUnderTest store = context.getStore(NAMESPACE).get(StoreUnderTest.class, StoreUnderTest.class);
        if (store == null) {
            throw new IllegalStateException("only the cases themselves have a store");
        }
        return parameter.getParameter().getType() == StoreUnderTest.class ? store : store.topic("topic");
    }

    private static boolean isSuite(ExtensionContext context) {
        return context.getRequiredTestClass().getEnclosingClass() == null;
    }

    private static SyncBackendConformance suite(ExtensionContext context) {
        return context.getRequiredTestInstances()
                .findInstance(SyncBackendConformance.class)
                .orElseThrow();
    }

    private static Stream<Capability> needs(ExtensionContext context) {
        Needs ofCase = context.getRequiredTestMethod().getAnnotation(Needs.class);
        Needs ofClass = context.getRequiredTestMethod().getDeclaringClass().getAnnotation(Needs.class);
        return Stream.of(ofCase, ofClass)
                .filter(needs -> needs != null)
                .flatMap(needs -> Stream.of(needs.value()))
                .distinct();
    }

    private static final class Report {

        private final AtomicInteger cases = new AtomicInteger();
        private final List<String> skipped = Collections.synchronizedList(new ArrayList<>());

        void print(String suite) {
            System.out.println(suite + ": " + cases + " cases, " + skipped.size() + " skipped");
            skipped.stream().sorted().forEach(reason -> System.out.println("  skipped " + reason));
        }
    }
}
