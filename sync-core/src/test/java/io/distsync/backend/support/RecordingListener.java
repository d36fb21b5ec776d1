package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Keeps what it was told, and a replica made of it as {@link ChangeListener} demands. */
class RecordingListener implements ChangeListener {

    /** One line for each call. */
    final List<String> calls = new ArrayList<>();

    final List<Change> changes = new ArrayList<>();
    final List<FeedState> states = new ArrayList<>();
    final List<Version> resetsTo = new ArrayList<>();
    final Map<String, Version> replica = new TreeMap<>();

    private final Map<String, Version> newest = new TreeMap<>();
    private boolean insideSnapshot;

    @Nullable
    Runnable duringChanges;

    /** Takes what a follower that begins at a position knew there. */
    void beginAt(Version position, Map<String, Version> versions) {
        replica.putAll(versions);
        newest.putAll(versions);
    }

    @Override
    public void onSnapshot(Page page) {
        calls.add("snapshot " + ScriptedTopic.versionsOf(page.entries()).keySet() + (page.more() ? "..." : ""));
        if (!insideSnapshot) {
            replica.clear();
            newest.clear();
        }
        insideSnapshot = page.more();
        page.entries().forEach(entry -> {
            replica.put(entry.key(), entry.version());
            newest.put(entry.key(), entry.version());
        });
    }

    @Override
    public void onChanges(List<Change> commit) {
        StringBuilder line = new StringBuilder("changes");
        commit.forEach(change -> line.append(' ').append(change.version().revision()));
        calls.add(line.toString());
        changes.addAll(commit);
        commit.forEach(this::apply);
        if (duringChanges != null) {
            duringChanges.run();
        }
    }

    @Override
    public void onReset(Version from, Version to) {
        calls.add("reset " + from.revision() + " to " + to.revision());
        resetsTo.add(to);
    }

    @Override
    public void onState(FeedState state) {
        calls.add(state.toString());
        states.add(state);
    }

    FeedState state() {
        return states.isEmpty() ? FeedState.RESYNCING : states.get(states.size() - 1);
    }

    private void apply(Change change) {
        Version held = newest.get(change.key());
        if (held != null && !change.version().isNewerThan(held)) {
            return;
        }
        newest.put(change.key(), change.version());
        if (change.isTombstone()) {
            replica.remove(change.key());
        } else {
            replica.put(change.key(), change.version());
        }
    }
}
