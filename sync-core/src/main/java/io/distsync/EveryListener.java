package io.distsync;

import io.distsync.version.Version;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells a listener every change, from its own position in the stream. */
final class EveryListener<T> extends ListenerTask {

    private final Replica<T> replica;
    private final SyncListenerCallbacks<T> callbacks;
    private final Broadcast.Cursor<Object> cursor;

    // The running thread's.
    private @Nullable Versioned<T> first;
    private Version told;

    EveryListener(
            Replica<T> replica,
            Replica.Seam<T> seam,
            SyncListenerCallbacks<T> callbacks,
            String topic,
            String name,
            ServiceContext context) {
        super(topic, name, context);
        this.replica = replica;
        this.callbacks = callbacks;
        this.cursor = seam.cursor();
        this.first = seam.state().present() ? seam.state() : null;
        this.told = Version.ABSENT;
    }

    @Override
    boolean hasWork() {
        return cursor.hasNext();
    }

    @Override
    @SuppressWarnings("unchecked") // the stream of a Replica<T> holds Versioned<T>, Told, Reset and Failure
    boolean step() {
        Versioned<T> initial = first;
        if (initial != null) {
            first = null;
            tell(initial, Map.of());
            return true;
        }
        if (!cursor.hasNext()) {
            return false;
        }
        Object item = cursor.next();
        if (item == null) {
            Versioned<T> current = replica.rejoin(cursor);
            reset(current.version(), current);
        } else if (item instanceof Versioned<?> versioned) {
            tell((Versioned<T>) versioned, Map.of());
        } else if (item instanceof Replica.Told<?> traced) {
            tell((Versioned<T>) traced.state(), traced.headers());
        } else if (item instanceof Replica.Reset<?> reset) {
            reset(reset.to(), (Versioned<T>) reset.state());
        } else {
            report(((Replica.Failure) item).reason());
        }
        return true;
    }

    private void tell(Versioned<T> state, Map<String, String> headers) {
        told = state.version();
        deliver(headers, () -> callbacks.onChange(state));
    }

    private void reset(Version to, Versioned<T> current) {
        Version from = told;
        told = current.version();
        countReset();
        deliver(Map.of(), () -> callbacks.onReset(from, to, current));
    }

    @Override
    Delivery delivery() {
        return Delivery.EVERY;
    }

    @Override
    long lag() {
        return cursor.lag();
    }

    @Override
    void onError(Throwable error) {
        callbacks.onError(error);
    }
}
