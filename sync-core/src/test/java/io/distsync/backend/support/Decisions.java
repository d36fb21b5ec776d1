package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;

/** What a sequencer decided; the revisions of a commit are joined by a comma. */
final class Decisions implements Sequencer.Output {

    private final List<String> log = new ArrayList<>();

    @Override
    public void deliver(List<Change> commit) {
        StringBuilder line = new StringBuilder();
        commit.forEach(change -> line.append(line.length() == 0 ? "" : ",")
                .append(change.version().revision()));
        log.add(line.toString());
    }

    @Override
    public void fill(Version after) {
        log.add("fill " + after.revision());
    }

    @Override
    public void reset(Version from, History.Gone seen) {
        log.add("reset " + from.revision());
    }

    List<String> take() {
        List<String> taken = List.copyOf(log);
        log.clear();
        return taken;
    }
}
