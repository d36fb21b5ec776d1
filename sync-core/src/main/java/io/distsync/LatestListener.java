package io.distsync;

import io.distsync.version.Version;

/** Tells a listener the newest state whenever it is ready for one. */
final class LatestListener<T> extends ListenerTask {

    private final Replica<T> replica;
    private final SyncListenerCallbacks<T> callbacks;

    // The running thread's.
    private Version told;
    private long errorsTold;

    LatestListener(
            Replica<T> replica,
            Replica.Latest<T> seen,
            SyncListenerCallbacks<T> callbacks,
            String topic,
            String name,
            ServiceContext context) {
        super(topic, name, context);
        this.replica = replica;
        this.callbacks = callbacks;
        this.told = seen.state().present() ? Version.ABSENT : seen.state().version();
        this.errorsTold = seen.failures();
    }

    @Override
    boolean hasWork() {
        Replica.Latest<T> latest = replica.latest();
        return !latest.state().version().equals(told) || latest.failures() != errorsTold;
    }

    @Override
    boolean step() {
        Replica.Latest<T> latest = replica.latest();
        Throwable failure = latest.failure();
        if (latest.failures() != errorsTold) {
            errorsTold = latest.failures();
            if (failure != null) {
                report(failure);
                return true;
            }
        }
        if (latest.state().version().equals(told)) {
            return false;
        }
        told = latest.state().version();
        deliver(latest.headers(), () -> callbacks.onChange(latest.state()));
        return true;
    }

    @Override
    Delivery delivery() {
        return Delivery.LATEST;
    }

    @Override
    long lag() {
        return hasWork() ? 1 : 0;
    }

    @Override
    void onError(Throwable error) {
        callbacks.onError(error);
    }
}
