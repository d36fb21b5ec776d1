package io.distsync.lock;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapPage;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.backend.Subscription;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import io.distsync.queue.Line;
import io.distsync.queue.Place;
import io.distsync.queue.Terms;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A contender for a lock. It watches the last one before it that is in its way, and no other: for an exclusive claim that is
 * the one before it, for a shared one the last exclusive one. When that has gone, it looks whether there is still another.
 */
final class LockClaim extends Claim {

    /*
     * Threads. Nothing is kept here; see Claim.
     */

    /** As many as are read at once by a claim that others before it may share the lock with. */
    private static final int SHARED_PAGE = 32;

    private final boolean shared;

    LockClaim(Line line, String owner, boolean shared, Terms terms, Duration patience) {
        super(line, new Contender(owner, 1, shared), terms, patience);
        this.shared = shared;
    }

    @Override
    protected Range selectionOfJoin() {
        return new Range(QUEUE, null, shared ? SHARED_PAGE : 2, Order.DESCENDING);
    }

    /** The answer may be that to a repeated question, with many behind this place by now. Then it has to be looked up. */
    @Override
    protected void joined(Place mine, MapPage<Contender> last) {
        List<MapEntry<Contender>> entries = last.entries();
        int at = 0;
        while (at < entries.size() && !mine.isOf(entries.get(at))) {
            at++;
        }
        Optional<String> obstacle = obstacle(entries.subList(Math.min(at + 1, entries.size()), entries.size()));
        if (obstacle.isPresent()) {
            waitFor(mine, obstacle.get());
        } else if (at == entries.size() || last.more()) {
            lookFirst(mine);
        } else {
            take(mine);
        }
    }

    /** The first of these that has to go before this one has its turn. */
    private Optional<String> obstacle(List<MapEntry<Contender>> before) {
        return before.stream()
                .filter(entry -> !shared || !entry.value().shared())
                .map(MapEntry::key)
                .findFirst();
    }

    /** Waits for the end of that entry, unless who had it has gone already. */
    private void waitFor(Place mine, String obstacle) {
        boolean open;
        synchronized (line()) {
            Place near = line().place(obstacle);
            open = near != null && near.isOpen();
        }
        if (open) {
            take(mine);
        } else if (stays()) {
            watch(mine, obstacle);
        }
    }

    /** If the entry is of this node, without the store. */
    private void watch(Place mine, String obstacle) {
        int begun;
        Subscription opened;
        synchronized (line()) {
            if (!isWaitingAt(mine)) {
                return;
            }
            begun = looks();
            opened = line().onEnd(obstacle, first -> turn(mine, first));
        }
        if (opened == null) {
            try {
                opened = line().map().follow(Scope.keys(Set.of(obstacle)), Version.ABSENT, new Watch(mine));
            } catch (RuntimeException e) {
                end(e);
                return;
            }
        }
        watchBy(mine, opened, begun);
    }

    /** The one of this node that it waited for has gone. */
    private boolean turn(Place mine, boolean first) {
        if (first) {
            return take(mine);
        }
        look(mine);
        return false;
    }

    @Override
    protected void look(Place mine) {
        if (beginLook(mine)) {
            look(mine, mine.key());
        }
    }

    /** Looks at those before that key. */
    private void look(Place mine, String before) {
        int limit = shared ? SHARED_PAGE : 1;
        lookAt(mine, new Range(QUEUE, before, limit, Order.DESCENDING), page -> looked(mine, before, page));
    }

    private void looked(Place mine, String before, MapPage<Contender> page) {
        List<MapEntry<Contender>> entries = page.entries();
        Optional<String> obstacle = obstacle(entries);
        if (obstacle.isPresent()) {
            waitFor(mine, obstacle.get());
        } else if (page.more()) { // others who share it, or so many that have just expired
            look(
                    mine,
                    entries.isEmpty() ? before : entries.get(entries.size() - 1).key());
        } else {
            take(mine);
        }
    }

    /** Tells of the end of an entry. */
    private final class Watch implements MapListener<Contender> {

        private final Place mine;

        Watch(Place mine) {
            this.mine = mine;
        }

        @Override
        public void onSnapshot(List<MapEntry<Contender>> entries, Version head) {
            if (entries.isEmpty()) {
                look(mine);
            }
        }

        @Override
        public void onChanges(List<MapChange<Contender>> changes) {
            if (changes.stream().anyMatch(change -> !change.versioned().present())) {
                look(mine);
            }
        }
    }
}
