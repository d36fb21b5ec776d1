package io.distsync.backend.faults;

import io.distsync.SyncListenerCallbacks;
import io.distsync.Versioned;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;

/** A listener of one topic on one node that keeps everything it is told. */
final class Witness implements SyncListenerCallbacks<Ledger> {

    /** What a listener is told. */
    sealed interface Told {

        record Change(Versioned<Ledger> state) implements Told {}

        record Reset(Version from, Version to, Versioned<Ledger> current) implements Told {}
    }

    private final String name;
    private final boolean early;
    private final Runnable pace;
    private final List<Told> told = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();

    /**
     * A listener that was told nothing yet.
     *
     * @param early whether it was there before the first change; else it begins with the present state
     * @param pace runs before each call is taken in; slows the listener down
     */
    Witness(String name, boolean early, Runnable pace) {
        this.name = name;
        this.early = early;
        this.pace = pace;
    }

    @Override
    public void onChange(Versioned<Ledger> state) {
        pace.run();
        synchronized (this) {
            told.add(new Told.Change(state));
        }
    }

    @Override
    public void onReset(Version from, Version to, Versioned<Ledger> current) {
        pace.run();
        synchronized (this) {
            told.add(new Told.Reset(from, to, current));
        }
    }

    @Override
    public synchronized void onError(Throwable error) {
        errors.add(error);
    }

    @Override
    public String name() {
        return name;
    }

    boolean isEarly() {
        return early;
    }

    synchronized List<Told> told() {
        return List.copyOf(told);
    }

    synchronized List<Throwable> errors() {
        return List.copyOf(errors);
    }

    synchronized int resets() {
        return (int) told.stream().filter(Told.Reset.class::isInstance).count();
    }

    /** The state it was told last. */
    synchronized Versioned<Ledger> last() {
        if (told.isEmpty()) {
            return new Versioned<>(Ledger.EMPTY, Version.ABSENT, false);
        }
        Told last = told.get(told.size() - 1);
        return last instanceof Told.Change change ? change.state() : ((Told.Reset) last).current();
    }
}
