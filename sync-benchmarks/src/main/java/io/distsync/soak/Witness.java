package io.distsync.soak;

import io.distsync.Delivery;
import io.distsync.SyncListenerCallbacks;
import io.distsync.Versioned;
import io.distsync.error.SkippedChangesException;
import io.distsync.version.Version;
import java.util.concurrent.Flow;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A listener or subscriber that checks the order of what it is told. */
final class Witness<T> implements SyncListenerCallbacks<T>, Flow.Subscriber<Versioned<T>>, AutoCloseable {

    /*
     * Threads. Calls for one listener never overlap, and each happens before the next; the monitor is for close().
     */

    private static final int AHEAD = 16;

    private final World world;
    private final String name;
    private final boolean every;
    private final @Nullable ToLongFunction<T> count;
    private Version last = Version.ABSENT;
    private long lastCount = -1;
    private Flow.@Nullable Subscription subscription;
    private boolean closed;

    /**
     * A listener that was told nothing yet.
     *
     * @param count of a state that is only ever counted up, by one in each revision; or {@code null} if it is another one
     */
    Witness(World world, String name, Delivery delivery, @Nullable ToLongFunction<T> count) {
        this.world = world;
        this.name = name;
        this.every = delivery == Delivery.EVERY;
        this.count = count;
    }

    @Override
    public synchronized void onChange(Versioned<T> state) {
        world.told().add(every ? "changes, every one" : "changes, the latest");
        Version now = state.version();
        if (!now.isNewerThan(last)) {
            wrong(now, "not newer than");
        } else if (every && now.epoch() == last.epoch() && now.revision() != last.revision() + 1) {
            wrong(now, "told without what lies between it and");
        }
        note(state, every && lastCount >= 0);
    }

    @Override
    public synchronized void onReset(Version from, Version to, Versioned<T> current) {
        world.told().add("resets");
        if (last.isNewerThan(current.version())) {
            wrong(current.version(), "older than");
        }
        note(current, false);
    }

    private void note(Versioned<T> state, boolean next) {
        if (count != null && state.present()) {
            long now = count.applyAsLong(state.value());
            if (now < lastCount || (next && now != lastCount + 1)) {
                wrong(state.version(), "with a count of " + now + " after " + lastCount + " of");
            }
            lastCount = now;
        }
        last = state.version();
    }

    private void wrong(Version now, String what) {
        world.alarm().raise(name + ": " + now + " is " + what + " " + last + ", which was told before");
    }

    @Override
    public void onError(Throwable error) {
        if (error instanceof SkippedChangesException) {
            world.told().add("publishers ended by a reset"); // as documented
        } else {
            world.alarm().raise(name, error);
        }
    }

    @Override
    public String name() {
        return name;
    }

    // --- as a subscriber --------------------------------------------------------------------------------------------

    @Override
    public synchronized void onSubscribe(Flow.Subscription value) {
        if (closed) {
            value.cancel();
            return;
        }
        subscription = value;
        value.request(AHEAD);
    }

    @Override
    public synchronized void onNext(Versioned<T> state) {
        onChange(state);
        if (subscription != null) {
            subscription.request(1);
        }
    }

    @Override
    public void onComplete() {}

    @Override
    public synchronized void close() {
        closed = true;
        if (subscription != null) {
            subscription.cancel();
            subscription = null;
        }
    }
}
