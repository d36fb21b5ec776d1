package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A listener that keeps what it is told, and checks what every listener is promised: calls do not overlap, and versions
 * strictly increase until a reset.
 */
final class Recorder<T> implements SyncListenerCallbacks<T> {

    /** One call of {@link SyncListenerCallbacks#onReset}. */
    record Reset<T>(Version from, Version to, Versioned<T> current) {}

    private final List<Versioned<T>> changes = new ArrayList<>();
    private final List<Reset<T>> resets = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private final AtomicInteger inside = new AtomicInteger();
    private final Consumer<Versioned<T>> reaction;
    private @Nullable Version last;

    Recorder() {
        this(change -> {});
    }

    /** A listener that also does something inside its callbacks, after it recorded what it was told. */
    Recorder(Consumer<Versioned<T>> reaction) {
        this.reaction = reaction;
    }

    @Override
    public void onChange(Versioned<T> state) {
        enter();
        try {
            synchronized (this) {
                if (last != null && !state.version().isNewerThan(last)) {
                    violations.add(state + " after " + last);
                }
                last = state.version();
                changes.add(state);
            }
            reaction.accept(state);
        } finally {
            inside.decrementAndGet();
        }
    }

    @Override
    public void onReset(Version from, Version to, Versioned<T> current) {
        enter();
        try {
            synchronized (this) {
                last = to;
                resets.add(new Reset<>(from, to, current));
            }
            reaction.accept(current);
        } finally {
            inside.decrementAndGet();
        }
    }

    @Override
    public synchronized void onError(Throwable error) {
        errors.add(error);
    }

    synchronized List<Versioned<T>> changes() {
        checkPromises();
        return List.copyOf(changes);
    }

    synchronized List<Reset<T>> resets() {
        checkPromises();
        return List.copyOf(resets);
    }

    synchronized List<Throwable> errors() {
        checkPromises();
        return List.copyOf(errors);
    }

    /** The values of the changes. */
    List<T> values() {
        return changes().stream().map(Versioned::value).toList();
    }

    /** How often it was told something. */
    synchronized int calls() {
        return changes.size() + resets.size();
    }

    private void enter() {
        if (inside.incrementAndGet() != 1) {
            synchronized (this) {
                violations.add("two calls at once");
            }
        }
    }

    private void checkPromises() {
        assertThat(violations).as("broken promises to a listener").isEmpty();
    }
}
