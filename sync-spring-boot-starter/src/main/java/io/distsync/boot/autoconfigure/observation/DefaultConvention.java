package io.distsync.boot.autoconfigure.observation;

import static io.distsync.boot.autoconfigure.observation.SyncObservation.Key.CALLS;
import static io.distsync.boot.autoconfigure.observation.SyncObservation.Key.LISTENER;
import static io.distsync.boot.autoconfigure.observation.SyncObservation.Key.OPERATION;
import static io.distsync.boot.autoconfigure.observation.SyncObservation.Key.OUTCOME;
import static io.distsync.boot.autoconfigure.observation.SyncObservation.Key.TOPIC;

import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How an observation is named and tagged if the application does not say otherwise, which it does by a {@code
 * GlobalObservationConvention}.
 */
record DefaultConvention<C extends Observation.Context>(
        SyncObservation observation, Class<C> type, Function<C, KeyValues> low, Function<C, KeyValues> high)
        implements ObservationConvention<C> {

    static final DefaultConvention<UpdateContext> UPDATE = new DefaultConvention<>(
            SyncObservation.UPDATE,
            UpdateContext.class,
            context -> KeyValues.of(OPERATION.withValue(context.operation()), outcome(context.outcome())),
            context -> KeyValues.of(TOPIC.withValue(context.topic())));

    static final DefaultConvention<CommitContext> COMMIT = new DefaultConvention<>(
            SyncObservation.COMMIT,
            CommitContext.class,
            context -> KeyValues.of(outcome(context.outcome())),
            context ->
                    KeyValues.of(TOPIC.withValue(context.topic()), CALLS.withValue(String.valueOf(context.calls()))));

    static final DefaultConvention<ListenerContext> LISTENER_CALL = new DefaultConvention<>(
            SyncObservation.LISTENER,
            ListenerContext.class,
            context -> KeyValues.empty(),
            context -> KeyValues.of(TOPIC.withValue(context.topic()), LISTENER.withValue(context.listener())));

    private static KeyValue outcome(@Nullable String outcome) {
        return OUTCOME.withValue(outcome == null ? "none" : outcome);
    }

    @Override
    public String getName() {
        return observation.getName();
    }

    @Override
    public String getContextualName(C context) {
        return observation.getContextualName();
    }

    @Override
    public KeyValues getLowCardinalityKeyValues(C context) {
        return low.apply(context);
    }

    @Override
    public KeyValues getHighCardinalityKeyValues(C context) {
        return high.apply(context);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return type.isInstance(context);
    }
}
