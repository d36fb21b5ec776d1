package io.distsync.boot.autoconfigure.observation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.SyncTracing;
import io.distsync.Topic;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.counter.SyncCounters;
import io.distsync.lock.SyncLocks;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.OpenTelemetryTracingAutoConfiguration;
import org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class SyncObservationTest {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final AttributeKey<String> TOPIC = AttributeKey.stringKey("sync.topic");

    private final Spans spans = new Spans();
    private final ApplicationContextRunner plain = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SyncAutoConfiguration.class,
                    SyncObservationAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    ObservationAutoConfiguration.class))
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new);
    private final ApplicationContextRunner traced = plain.withConfiguration(AutoConfigurations.of(
                    MicrometerTracingAutoConfiguration.class,
                    OpenTelemetrySdkAutoConfiguration.class,
                    OpenTelemetryTracingAutoConfiguration.class))
            .withPropertyValues("management.tracing.sampling.probability=1")
            .withBean(SimpleSpanProcessor.class, () -> (SimpleSpanProcessor) SimpleSpanProcessor.create(spans));

    @Test
    void aTraceGoesOnInTheListenersOfAnotherNode() {
        LocalSyncBackend store = LocalSyncBackend.create();
        ApplicationContextRunner node = traced.withBean(SyncBackend.class, () -> store);
        node.run(one -> node.run(other -> {
            AtomicReference<String> traceInListener = new AtomicReference<>();
            Tracer otherTracer = other.getBean(Tracer.class);
            DistributedSync<AppState> handle = other.getBean(SyncService.class).sync(AppState.class);
            handle.onChange(
                    Delivery.EVERY,
                    change -> traceInListener.set(Objects.requireNonNull(otherTracer.currentSpan())
                            .context()
                            .traceId()));

            Tracer tracer = one.getBean(Tracer.class);
            io.micrometer.tracing.Span request =
                    tracer.nextSpan().name("request").start();
            try (Tracer.SpanInScope scope = tracer.withSpan(request)) {
                assertThat(scope).isNotNull();
                one.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
            } finally {
                request.end();
            }

            await().atMost(BOUND)
                    .untilAsserted(
                            () -> assertThat(spans.named("sync listener")).hasSize(1));
            SpanData update = spans.only("sync update");
            SpanData commit = spans.only("sync commit");
            SpanData listener = spans.only("sync listener");
            assertThat(update.getParentSpanId()).isEqualTo(request.context().spanId());
            assertThat(commit.getParentSpanId()).isEqualTo(update.getSpanId());
            assertThat(listener.getParentSpanId()).isEqualTo(update.getSpanId());
            assertThat(List.of(update, commit, listener))
                    .allSatisfy(span -> assertThat(span.getTraceId())
                            .isEqualTo(request.context().traceId()))
                    .allSatisfy(
                            span -> assertThat(span.getAttributes().get(TOPIC)).isEqualTo("app_state"));
            assertThat(update.getAttributes().get(AttributeKey.stringKey("operation")))
                    .isEqualTo("update");
            assertThat(update.getAttributes().get(AttributeKey.stringKey("outcome")))
                    .isEqualTo("applied");
            assertThat(commit.getAttributes().get(AttributeKey.stringKey("outcome")))
                    .isEqualTo("committed");
            assertThat(commit.getAttributes().get(AttributeKey.stringKey("sync.calls")))
                    .isEqualTo("1");
            assertThat(traceInListener.get()).isEqualTo(request.context().traceId());
            handle.close();
        }));
        store.close();
    }

    @Test
    void aFunctionThatThrowsIsAnErrorOfItsSpan() {
        traced.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            assertThatThrownBy(() -> service.optimisticUpdate(AppState.class, state -> {
                        throw new IllegalStateException("no");
                    }))
                    .isInstanceOf(IllegalStateException.class);

            SpanData update = spans.only("sync update");
            assertThat(update.getStatus())
                    .isEqualTo(StatusData.create(StatusData.error().getStatusCode(), "no"));
            assertThat(update.getAttributes().get(AttributeKey.stringKey("outcome")))
                    .isEqualTo("failed");
        });
    }

    @Test
    void aListenerThatThrowsIsAnErrorOfItsSpan() {
        traced.run(context -> {
            try (DistributedSync<AppState> handle =
                    context.getBean(SyncService.class).sync(AppState.class)) {
                handle.onChange(Delivery.EVERY, change -> {
                    throw new IllegalStateException("no");
                });
                context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);

                await().atMost(BOUND)
                        .untilAsserted(() -> assertThat(spans.named("sync listener"))
                                .singleElement()
                                .satisfies(span -> assertThat(span.getStatus().getDescription())
                                        .isEqualTo("no")));
            }
        });
    }

    @Test
    void topicsOfRecipesAreNotObserved() {
        traced.run(context -> {
            context.getBean(SyncLocks.class).withLock("nightly", BOUND, grant -> "done");
            context.getBean(SyncCounters.class).leased("jobs").add("a", 1);
            SyncMap<Long> shares = context.getBean(SyncService.class).map(Topic.of("counter:leased:jobs", Long.class));
            await().atMost(BOUND)
                    .until(() -> !shares.read(Selection.first("", 1)).entries().isEmpty());

            assertThat(spans.all).isEmpty();
        });
    }

    @Test
    void withoutATracerNothingIsObservedUnlessItIsAskedFor() {
        plain.run(context -> assertThat(context).doesNotHaveBean(SyncTracing.class));
        plain.withPropertyValues("sync.observation.enabled=true").run(context -> {
            MeterRegistry meters = context.getBean(MeterRegistry.class);
            context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);

            assertThat(meters.get("sync.update")
                            .tags("operation", "update", "outcome", "applied")
                            .timer()
                            .count())
                    .isEqualTo(1);
            assertThat(meters.get("sync.commit")
                            .tag("outcome", "committed")
                            .timer()
                            .count())
                    .isEqualTo(1);
        });
        traced.withPropertyValues("sync.observation.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncTracing.class));
        plain.withClassLoader(new FilteredClassLoader(ObservationRegistry.class))
                .run(context -> assertThat(context).hasSingleBean(SyncService.class));
    }

    @Test
    void handlersThatThrowSpoilNothing() {
        plain.withPropertyValues("sync.observation.enabled=true")
                .withBean(ObservationHandler.class, ThrowingHandler::new)
                .run(context -> {
                    SyncService service = context.getBean(SyncService.class);
                    try (DistributedSync<AppState> handle = service.sync(AppState.class)) {
                        AtomicReference<AppState> told = new AtomicReference<>();
                        handle.onChange(Delivery.EVERY, change -> told.set(change.value()));

                        service.optimisticUpdate(AppState.class, AppState::increment);

                        await().atMost(BOUND)
                                .untilAsserted(() -> assertThat(told.get()).isNotNull());
                    }
                });
    }

    @Test
    void anApplicationsOwnTracingIsUsedInstead() {
        SyncTracing own = new SyncTracing() {};
        traced.withBean(SyncTracing.class, () -> own)
                .run(context -> assertThat(context.getBean(SyncTracing.class)).isSameAs(own));
    }

    private static final class ThrowingHandler implements ObservationHandler<Observation.Context> {

        @Override
        public void onStart(Observation.Context context) {
            throw new IllegalStateException("start");
        }

        @Override
        public void onStop(Observation.Context context) {
            throw new IllegalStateException("stop");
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }

    /** Keeps what is exported. */
    private static final class Spans implements SpanExporter {

        private final List<SpanData> all = new CopyOnWriteArrayList<>();

        List<SpanData> named(String name) {
            return all.stream().filter(span -> span.getName().equals(name)).toList();
        }

        SpanData only(String name) {
            List<SpanData> found = named(name);
            assertThat(found).as(name).hasSize(1);
            return Objects.requireNonNull(found.get(0));
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> ended) {
            all.addAll(ended);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
