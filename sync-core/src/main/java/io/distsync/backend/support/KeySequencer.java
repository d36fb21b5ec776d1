package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Entry;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sequencer of a few keys of a topic. It sees nothing of the others, so the chain of the topic is no help: each
 * change names the version its key had before. The changes of one commit that are in scope must come in one call.
 */
final class KeySequencer implements Sequencer {

    /*
     * Two positions. "base" is the place in the topic up to which everything in scope is certainly known; only a
     * snapshot or the log moves it, because a live change proves nothing about the other keys. "newest" is the last
     * version delivered. The log is always asked from the base, so it may repeat what came live since; each key has to
     * be met there again in the version we told ("unconfirmed" until then), or that version is of a history that was
     * rewound behind the base.
     *
     * What was told last of a key says nothing of the order between keys. That comes from the feed, which sees all of the
     * topic: it says so if a commit does not link to the one before, and then the log is asked, whomever the commit concerns,
     * unless it links to the base ("overtaking" is the last of those that came while an answer was awaited).
     *
     * While an answer is awaited everything live is held, in order of arrival: what a key has now must not move under a
     * comparison with the log. What came before a question is dropped, for the answer contains it.
     *
     * Limit: an entry that came and went again within a hole leaves no trace in the next change of its key, which names
     * ABSENT as before. Such a pair may go untold; the state told is right nevertheless.
     * Memory: one record for each key, a budget of held changes, a small table of links.
     */

    private static final int RECENT_LINKS = 16;
    private static final long HELD_BYTES = 1 << 20;

    /** What was last told of a key. */
    private static final class Known {

        /** The last change of the key, or a place not before it at which the key was absent; null if never heard of. */
        private @Nullable Version last;

        private boolean present;
        private boolean unconfirmed;
    }

    private final Output output;
    private final Map<String, Known> keys = new HashMap<>();
    private final RecentLinks delivered = new RecentLinks(RECENT_LINKS);
    private final List<List<Change>> held = new ArrayList<>(0);
    private final long budgetBytes;
    private long heldBytes;
    private Phase phase = Phase.DETACHED;
    private Version base = Version.ABSENT;
    private Version newest = Version.ABSENT;
    private Version overtaking = Version.ABSENT;
    private boolean doubt;

    KeySequencer(Collection<String> keys, Output output) {
        this(keys, output, HELD_BYTES);
    }

    KeySequencer(Collection<String> keys, Output output, long budgetBytes) {
        this.output = output;
        this.budgetBytes = budgetBytes;
        keys.forEach(key -> this.keys.put(key, new Known()));
    }

    @Override
    public void live(List<Change> changes) {
        List<Change> scoped = inScope(changes);
        if (scoped.isEmpty()) {
            return;
        }
        if (phase != Phase.SETTLED) {
            hold(scoped);
        } else if (!accept(scoped)) {
            ask();
        }
    }

    @Override
    public void liveAfterGap(List<Change> commit) {
        Version end = commit.get(commit.size() - 1).version();
        if (!end.isNewerThan(base)) {
            return; // late: it was told, or is of another history
        }
        if (phase != Phase.SETTLED) {
            overtaking = end.isNewerThan(overtaking) ? end : overtaking;
        } else if (commit.get(0).previousLink() == base.link()) {
            live(commit);
        } else {
            ask();
        }
    }

    @Override
    public void head(Version head) {
        if (phase == Phase.DETACHED || !Links.samePlace(head, base)) {
            verify();
        }
    }

    @Override
    public void verify() {
        doubt = true;
        if (phase == Phase.SETTLED) {
            ask();
        }
    }

    @Override
    public boolean page(History page) {
        if (phase != Phase.FILLING) {
            return true;
        }
        if (page instanceof History.Gone gone) {
            abandon(gone);
            return true;
        }
        History.Changes answer = (History.Changes) page;
        List<Change> changes = answer.changes();
        if (!isChain(changes) || (changes.isEmpty() && !reached(answer.head()))) {
            return false;
        }
        if (!applyAll(changes)) {
            abandon(new History.Gone(answer.head(), answer.head()));
        } else if (reached(answer.head())) {
            endFill(answer.head());
        } else {
            output.fill(base);
        }
        return true;
    }

    @Override
    public void awaitSnapshot(boolean attached) {
        phase = Phase.DETACHED;
        dropHeld();
        overtaking = Version.ABSENT;
        doubt = !attached;
    }

    @Override
    public boolean confirmedBy(Page page) {
        // A key that was absent, and is again, may have come and gone meanwhile: that is no proof.
        return page.entries().size() == keys.size()
                && page.entries().stream().allMatch(entry -> {
                    Known known = keys.get(entry.key());
                    return known != null && known.present && entry.version().equals(known.last);
                });
    }

    @Override
    public void snapshot(Page page) {
        Version told = newest.isNewerThan(page.head()) && confirmedBy(page) ? newest : page.head(); // rewound elsewhere
        moveTo(page.head());
        newest = told;
        for (Known known : keys.values()) {
            known.last = page.head();
            known.present = false;
        }
        for (Entry entry : page.entries()) {
            Known known = keys.get(entry.key());
            if (known != null) {
                known.last = entry.version();
                known.present = true;
            }
        }
        settle();
    }

    @Override
    public void resume(Version from) {
        moveTo(from);
        keys.values().forEach(known -> known.last = null);
        ask();
    }

    @Override
    public Version position() {
        return newest;
    }

    @Override
    public boolean settled() {
        return phase == Phase.SETTLED;
    }

    private void moveTo(Version place) {
        base = place;
        newest = place;
        delivered.clear();
    }

    private List<Change> inScope(List<Change> changes) {
        for (int i = 0; i < changes.size(); i++) {
            if (!keys.containsKey(changes.get(i).key())) {
                return changes.stream()
                        .filter(change -> keys.containsKey(change.key()))
                        .toList();
            }
        }
        return changes;
    }

    /** Delivers what comes next, drops what is known; false if only the log can tell what this is. */
    private boolean accept(List<Change> changes) {
        int repeated = 0;
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            if (isRepetition(change)) {
                repeated++;
            } else if (!isNext(change, changes, i)) {
                return false;
            }
        }
        if (repeated == 0) {
            deliver(changes);
        }
        return repeated == 0 || repeated == changes.size();
    }

    private boolean isRepetition(Change change) {
        return change.version().equals(known(change).last) || delivered.contains(change.version());
    }

    /** Whether the change follows the one before it of the same key: an earlier one of this commit, or the last told. */
    private boolean isNext(Change change, List<Change> commit, int index) {
        for (int i = index - 1; i >= 0; i--) {
            Change earlier = commit.get(i);
            if (earlier.key().equals(change.key())) {
                return change.previous().equals(earlier.isTombstone() ? Version.ABSENT : earlier.version())
                        && change.version().isNewerThan(earlier.version());
            }
        }
        if (!change.version().isNewerThan(newest)) {
            return false; // up to there all is told, so this is of another history
        }
        Known known = known(change);
        if (known.last == null) {
            return phase == Phase.FILLING; // only the log, which chains from the base, can vouch for it
        }
        return change.version().isNewerThan(known.last)
                && change.previous().equals(known.present ? known.last : Version.ABSENT);
    }

    private void deliver(List<Change> changes) {
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            Known known = known(change);
            known.last = change.version();
            known.present = !change.isTombstone();
            delivered.add(change.version());
            if (change.version().isNewerThan(newest)) {
                newest = change.version();
            }
        }
        output.deliver(changes);
    }

    private boolean isChain(List<Change> changes) {
        Version at = base;
        for (Change change : changes) {
            if (!Links.continues(at, change)) {
                return false;
            }
            at = change.version();
        }
        return true;
    }

    private boolean reached(Version head) {
        return !head.isNewerThan(base) || Links.samePlace(head, base);
    }

    /** Applies a page of the topic's log; false if it contradicts what was told. */
    private boolean applyAll(List<Change> page) {
        List<Change> commit = new ArrayList<>();
        for (Change change : page) {
            if (keys.containsKey(change.key())) {
                Known known = known(change);
                if (change.version().equals(known.last)) {
                    known.unconfirmed = false;
                } else if (!known.unconfirmed) {
                    if (!isNext(change, commit, commit.size())) {
                        return false;
                    }
                    commit.add(change);
                } else if (!change.version().isNewerThan(base) || !isOlder(change, known)) {
                    return false;
                }
            }
            if (change.endsCommit() && !commit.isEmpty()) {
                deliver(commit);
                commit = new ArrayList<>();
            }
        }
        if (!page.isEmpty()) {
            base = page.get(page.size() - 1).version();
            newest = base.isNewerThan(newest) ? base : newest;
        }
        return true;
    }

    /** Below what was told of its key, which the log has to show further on. */
    private static boolean isOlder(Change change, Known known) {
        return known.last != null && known.last.isNewerThan(change.version());
    }

    private void endFill(Version head) {
        for (Known known : keys.values()) {
            if (known.unconfirmed) {
                abandon(new History.Gone(head, head));
                return;
            }
        }
        settle();
    }

    /** Takes what was held meanwhile; the first that does not fit leads to another question, which covers the rest. */
    private void settle() {
        phase = Phase.SETTLED;
        boolean unexplained = doubt || overtaking.isNewerThan(base);
        for (int i = 0; i < held.size() && !unexplained; i++) {
            unexplained = !accept(held.get(i));
        }
        dropHeld();
        if (unexplained) {
            ask();
        }
    }

    private void ask() {
        phase = Phase.FILLING;
        doubt = false;
        overtaking = Version.ABSENT;
        dropHeld();
        for (Known known : keys.values()) {
            known.unconfirmed = known.last != null && known.last.isNewerThan(base);
        }
        output.fill(base);
    }

    private void abandon(History.Gone seen) {
        phase = Phase.DETACHED;
        output.reset(newest, seen);
    }

    private void hold(List<Change> changes) {
        held.add(changes);
        for (Change change : changes) {
            heldBytes += HeldChanges.size(change);
        }
        if (heldBytes > budgetBytes) {
            dropHeld();
            doubt = true;
        }
    }

    private void dropHeld() {
        held.clear();
        heldBytes = 0;
    }

    private Known known(Change change) {
        Known known = keys.get(change.key());
        if (known == null) {
            throw new IllegalStateException("not a key of this follower: '" + change.key() + "'");
        }
        return known;
    }
}
