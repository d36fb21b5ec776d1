package io.distsync.boot.autoconfigure.observation;

import io.distsync.SyncTracing;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Observes calls, commits and listeners. The topics of recipes are left out: nodes write them by themselves, to renew and
 * to hand over, and nobody has asked for that. A handler that throws spoils nothing but its observation.
 */
final class ObservationSyncTracing implements SyncTracing {

    private static final Logger log = LoggerFactory.getLogger(ObservationSyncTracing.class);

    private static final List<String> RECIPES =
            List.of("lock:", "held:", "semaphore:", "counter:leased:", "election:", "registry:");

    private final ObservationRegistry registry;

    ObservationSyncTracing(ObservationRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Span call(String topic, String operation) {
        if (isOfARecipe(topic)) {
            return Span.NONE;
        }
        UpdateContext context = new UpdateContext(topic, operation);
        Observation observation =
                started(() -> Observation.start(null, DefaultConvention.UPDATE, () -> context, registry));
        return new Update(observation, context);
    }

    @Override
    public Span commit(String topic, Span first, int calls) {
        if (!(first instanceof Update update)) {
            return Span.NONE;
        }
        CommitContext context = new CommitContext(topic, calls);
        // Inside of the call's scope, because a tracer prefers what is current to what is said to be the parent.
        Observation observation = started(() -> update.observation()
                .scoped(() -> Observation.start(null, DefaultConvention.COMMIT, () -> context, registry)));
        return new Commit(observation, context);
    }

    @Override
    public void deliver(String topic, String listener, Map<String, String> headers, Call call) throws Exception {
        if (isOfARecipe(topic)) {
            call.run();
            return;
        }
        Observation observation = started(() -> Observation.start(
                null, DefaultConvention.LISTENER_CALL, () -> new ListenerContext(topic, listener, headers), registry));
        try {
            observation.<Exception>scopedChecked(call::run);
        } finally {
            stop(observation);
        }
    }

    private static boolean isOfARecipe(String topic) {
        for (String prefix : RECIPES) {
            if (topic.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    private static Observation started(Supplier<Observation> observation) {
        try {
            return observation.get();
        } catch (RuntimeException e) {
            log.debug("an observation could not be started", e);
            return Observation.NOOP;
        }
    }

    private static void end(Observation observation, @Nullable Throwable failure) {
        if (failure != null) {
            observation.error(failure);
        }
        stop(observation);
    }

    private static void stop(Observation observation) {
        try {
            observation.stop();
        } catch (RuntimeException e) {
            log.debug("an observation could not be stopped", e);
        }
    }

    private record Update(Observation observation, UpdateContext context) implements Span {

        @Override
        public Map<String, String> headers() {
            Map<String, String> carried = context.getCarrier();
            return carried == null ? Map.of() : Map.copyOf(carried);
        }

        @Override
        public void end(String outcome, @Nullable Throwable failure) {
            context.end(outcome);
            ObservationSyncTracing.end(observation, failure);
        }
    }

    private record Commit(Observation observation, CommitContext context) implements Span {

        @Override
        public void end(String outcome, @Nullable Throwable failure) {
            context.end(outcome);
            ObservationSyncTracing.end(observation, failure);
        }
    }
}
