package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.version.Version;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The sequencer of a whole topic: each change links to the one before it. */
final class ChainSequencer implements Sequencer {

    /*
     * Invariants:
     *  - Every commit delivered continues the position, and the position is its last change afterwards: no gap, no
     *    duplicate, whatever came in.
     *  - "delivered" holds only versions of the present chain of deliveries; it is emptied with every new position that
     *    was not reached by delivering.
     *  - In SETTLED, what is held is at most the beginning of the next commit, and there is no doubt.
     *  - In FILLING, exactly one question is with the output. Live commits that continue the position are delivered
     *    meanwhile, so an answer may begin before the position; what it repeats is recognised by "delivered", and if the
     *    position has moved too far for that the question is put again from there.
     *  - The pages of a snapshot were read at different moments. The chain from the head of the first must pass through
     *    the head of each later one ("waypoints"), else one of them shows entries of a history that was rewound
     *    meanwhile, and no change would ever correct them.
     * Memory: the table of links, a budget of held changes, one version for each page of a snapshot.
     */

    private static final int RECENT_LINKS = 64;
    private static final long HELD_BYTES = 4 << 20;

    private final Output output;
    private final HeldChanges held;
    private final RecentLinks delivered = new RecentLinks(RECENT_LINKS);
    private final Deque<Version> waypoints = new ArrayDeque<>(0);
    private Phase phase = Phase.DETACHED;
    private Version position = Version.ABSENT;
    private Version asked = Version.ABSENT;
    private long questions;
    private boolean doubt;
    private boolean snapshotBegun;

    ChainSequencer(Output output) {
        this(output, HELD_BYTES);
    }

    ChainSequencer(Output output, long heldBytes) {
        this.output = output;
        this.held = new HeldChanges(heldBytes);
    }

    @Override
    public void live(List<Change> changes) {
        if (phase != Phase.DETACHED && isNextCommit(changes)) {
            deliver(changes);
        } else {
            changes.forEach(this::admit);
        }
        if (phase != Phase.DETACHED && !held.isEmpty()) {
            release();
            askIfStuck();
        }
    }

    @Override
    public void head(Version head) {
        if (phase == Phase.DETACHED || !Links.samePlace(head, position)) {
            verify();
        }
    }

    @Override
    public void verify() {
        doubt = true;
        askIfStuck();
    }

    @Override
    public boolean page(History page) {
        if (phase != Phase.FILLING) {
            return true;
        }
        if (page instanceof History.Gone gone) {
            if (asked.equals(position)) {
                abandon(gone);
            } else {
                ask(); // live commits have led on from the position that is gone
            }
            return true;
        }
        History.Changes answer = (History.Changes) page;
        boolean chained = applyAll(answer.changes());
        if (phase == Phase.DETACHED) {
            return true;
        }
        if (chained && (!answer.head().isNewerThan(position) || Links.samePlace(answer.head(), position))) {
            endFill(answer.head());
            return true;
        }
        if (asked.equals(position)) {
            return false;
        }
        ask();
        return true;
    }

    @Override
    public void awaitSnapshot(boolean attached) {
        phase = Phase.DETACHED;
        snapshotBegun = false;
        held.clear();
        waypoints.clear();
        doubt = !attached;
    }

    @Override
    public boolean confirmedBy(Page page) {
        return false;
    }

    @Override
    public void snapshot(Page page) {
        if (!snapshotBegun) {
            snapshotBegun = true;
            moveTo(page.head());
        } else if (!Links.samePlace(page.head(), waypoints.isEmpty() ? position : waypoints.getLast())) {
            waypoints.add(page.head());
        }
        if (!page.more()) {
            phase = Phase.SETTLED;
            doubt |= !waypoints.isEmpty();
            release();
            askIfStuck();
        }
    }

    @Override
    public void resume(Version from) {
        moveTo(from);
        waypoints.clear();
        phase = Phase.FILLING;
        ask();
    }

    @Override
    public Version position() {
        return position;
    }

    @Override
    public boolean settled() {
        return phase == Phase.SETTLED;
    }

    private void moveTo(Version place) {
        position = place;
        delivered.clear();
        delivered.add(place);
    }

    private boolean isNextCommit(List<Change> changes) {
        int size = changes.size();
        Version at = position;
        for (int i = 0; i < size; i++) {
            Change change = changes.get(i);
            if (change.index() != i || change.count() != size || !Links.continues(at, change)) {
                return false;
            }
            at = change.version();
        }
        return size > 0;
    }

    private void deliver(List<Change> commit) {
        int size = commit.size();
        Version last = commit.get(size - 1).version();
        if (!waypoints.isEmpty() && !passesWaypoints(last)) {
            abandon(new History.Gone(position, last));
            return;
        }
        for (int i = 0; i < size; i++) {
            delivered.add(commit.get(i).version());
        }
        position = last;
        output.deliver(commit);
    }

    /** Heads are ends of commits, so a waypoint is met exactly or was missed. */
    private boolean passesWaypoints(Version last) {
        Version next = waypoints.getFirst();
        if (Links.samePlace(next, last)) {
            waypoints.removeFirst();
            return true;
        }
        return next.isNewerThan(last);
    }

    private void admit(Change change) {
        Version version = change.version();
        if (phase == Phase.DETACHED || version.isNewerThan(position)) {
            if (!held.add(change, questions)) {
                verify();
            }
        } else if (!delivered.contains(version)) {
            verify();
        }
    }

    private void release() {
        doubt |= held.dropOvertaken(position, delivered, questions);
        List<Change> commit = held.takeCommitAfter(position);
        while (commit != null) {
            deliver(commit);
            if (phase == Phase.DETACHED) {
                return;
            }
            doubt |= held.dropOvertaken(position, delivered, questions);
            commit = held.takeCommitAfter(position);
        }
    }

    private boolean applyAll(List<Change> changes) {
        int from = 0;
        while (from < changes.size()) {
            Change first = changes.get(from);
            int to = Math.min(changes.size(), from + first.count());
            if (delivered.contains(first.version())) {
                from++;
                continue;
            }
            List<Change> commit = to - from == changes.size() ? changes : List.copyOf(changes.subList(from, to));
            if (!isNextCommit(commit)) {
                return false;
            }
            deliver(commit);
            if (phase == Phase.DETACHED) {
                return true;
            }
            from = to;
        }
        return true;
    }

    private void endFill(Version head) {
        // First: a relic that links to the head would go on from it, though the answer says that nothing does.
        held.dropOlderThan(questions);
        release();
        if (phase == Phase.DETACHED) {
            return;
        }
        if (!waypoints.isEmpty()) {
            abandon(new History.Gone(position, head));
            return;
        }
        phase = Phase.SETTLED;
        askIfStuck();
    }

    private void askIfStuck() {
        if (phase == Phase.SETTLED && (doubt || held.isStuckAt(position))) {
            ask();
        }
    }

    private void ask() {
        phase = Phase.FILLING;
        doubt = false;
        questions++;
        asked = position;
        output.fill(position);
    }

    private void abandon(History.Gone seen) {
        phase = Phase.DETACHED;
        waypoints.clear();
        output.reset(position, seen);
    }
}
