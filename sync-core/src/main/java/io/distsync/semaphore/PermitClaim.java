package io.distsync.semaphore;

import io.distsync.MapEntry;
import io.distsync.MapPage;
import io.distsync.backend.Selection;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import io.distsync.queue.Line;
import io.distsync.queue.Place;
import io.distsync.queue.Terms;
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
    protected Selection.Range selectionOfJoin() {
        return semaphore.selectionOfJoin();
    }

    @Override
    protected void joined(Place mine, MapPage<Contender> page) {
        decide(mine, page);
    }

    /** Looks at those before this place and at the number of permits, as they are at one moment. */
    @Override
    protected void look(Place mine) {
        synchronized (line()) {
            if (!isWaitingAt(mine)) {
                return;
            }
        }
        lookAt(mine, semaphore.selectionBefore(mine), before -> decide(mine, before));
    }

    /** The page has the number of permits if it reaches down to the first place. */
    private void decide(Place mine, MapPage<Contender> page) {
        Integer capacity = null;
        long before = 0;
        for (MapEntry<Contender> entry : page.entries()) {
            int number = entry.value().permits();
            if (entry.key().equals(SyncSemaphore.CAPACITY)) {
                capacity = number;
            } else if (entry.key().startsWith(QUEUE) && entry.key().compareTo(mine.key()) < 0) {
                before += number;
            }
        }
        if (capacity == null) {
            askForCapacity(mine, page.more());
        } else {
            semaphore.heard(capacity);
            if (before + permits <= capacity) {
                take(mine);
            } else {
                await(mine);
            }
        }
    }

    /** Nobody has said it yet, or there are more before this place than permits were when they were last heard of. */
    private void askForCapacity(Place mine, boolean many) {
        int last = semaphore.lastCapacity();
        hear(mine, semaphore.askForCapacity(), capacity -> {
            if (many && capacity <= last) {
                await(mine);
            } else {
                look(mine);
            }
        });
    }

    private void await(Place mine) {
        if (!stays() || semaphore.view().awaits(mine)) {
            return;
        }
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
}
