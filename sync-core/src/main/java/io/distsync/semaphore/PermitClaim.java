package io.distsync.semaphore;

import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapPage;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import io.distsync.queue.Line;
import io.distsync.queue.Place;
import io.distsync.queue.Terms;
import io.distsync.version.Version;
import java.time.Duration;

/** A contender for permits. While it waits, the view its node has of the queue tells it when to look. */
final class PermitClaim extends Claim {

    /*
     * Threads. Nothing is kept here; see Claim.
     */

    private final SyncSemaphore semaphore;
    private final int permits;

    PermitClaim(SyncSemaphore semaphore, Line line, String owner, int permits, Terms terms, Duration patience) {
        super(line, new Contender(owner, permits, false), terms, patience);
        this.semaphore = semaphore;
        this.permits = permits;
    }

    @Override
    protected Selection selectionOfJoin() {
        return semaphore.selectionOfJoin();
    }

    @Override
    protected Selection selectionOfLeave() {
        return Selection.none();
    }

    @Override
    protected void joined(Place mine, MapPage<Contender> last) {
        boolean unused = line().onEnd(mine.key(), left -> {
            if (left != null && left.isCommitted()) {
                semaphore.view().left(mine.key());
            }
        });
        int capacity = semaphore.capacityIn(last);
        long before = 0;
        for (MapEntry<Contender> entry : last.entries()) {
            if (entry.key().startsWith(QUEUE) && entry.key().compareTo(mine.key()) < 0) {
                before += entry.versioned().value().permits();
            }
        }
        if (before + permits <= capacity && !last.more()) {
            take(mine);
        } else if (stays()) {
            await(mine);
        }
    }

    Subscription follow(MapListener<Contender> listener) {
        return line().map().follow(Scope.entries(), Version.ABSENT, listener);
    }

    private void await(Place mine) {
        int begun;
        synchronized (line()) {
            begun = looks();
        }
        try {
            watchBy(mine, semaphore.view().await(this, mine), begun);
        } catch (RuntimeException e) {
            end(e);
        }
    }

    /** Renews the place, and takes if the view of the queue says that it is its turn. */
    @Override
    protected void look(Place mine) {
        synchronized (line()) {
            if (!isWaitingAt(mine)) {
                return;
            }
        }
        try {
            var unused = renew(mine).whenComplete((valid, failure) -> {
                if (failure != null) {
                    lookAgain(mine, failure);
                } else if (valid) { // or it was lost, which the keeper has told
                    noTrouble();
                    if (semaphore.view().isTurnOf(mine)) {
                        take(mine);
                    }
                }
            });
        } catch (RuntimeException e) {
            end(e);
        }
    }
}
