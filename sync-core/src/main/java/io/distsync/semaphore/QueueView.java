package io.distsync.semaphore;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.backend.Subscription;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import io.distsync.queue.Place;
import io.distsync.version.Version;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of one queue while some of its claims wait in it. It only tells them when to look: whose turn it is says
 * the store.
 */
final class QueueView {

    /*
     * Threads. A thread of the service tells of changes; claims come and go on any. The monitor guards everything. The service
     * and claims are not called under it.
     */

    private final SyncSemaphore semaphore;
    private final Map<String, Waiter> waiting = new HashMap<>();

    /** Set while somebody waits. */
    private @Nullable Feed feed;

    QueueView(SyncSemaphore semaphore) {
        this.semaphore = semaphore;
    }

    private record Waiter(PermitClaim claim, Place place) {

        void look() {
            claim.look(place);
        }
    }

    /** Lets the claim look when it is its turn, until that is closed. */
    Subscription await(PermitClaim claim, Place place) {
        Waiter waiter = new Waiter(claim, place);
        Feed opened = null;
        synchronized (this) {
            waiting.put(place.key(), waiter);
            if (feed == null) {
                opened = new Feed();
                feed = opened;
            }
        }
        if (opened != null) {
            try {
                opened.open();
            } catch (RuntimeException e) {
                forget(waiter);
                throw e;
            }
        } else {
            lookNow();
        }
        return () -> forget(waiter);
    }

    private void forget(Waiter waiter) {
        Feed last = null;
        synchronized (this) {
            waiting.remove(waiter.place.key(), waiter); // another history may have given its key to another
            if (waiting.isEmpty()) {
                last = feed;
                feed = null;
            }
        }
        if (last != null) {
            last.close();
        }
    }

    /** Whether that is known here already. */
    synchronized boolean awaits(Place place) {
        Waiter waiter = waiting.get(place.key());
        return waiter != null && waiter.place == place;
    }

    private void lookNow() {
        List<Waiter> next;
        synchronized (this) {
            next = feed == null ? List.of() : List.copyOf(feed.nextTurns().values());
        }
        next.forEach(Waiter::look);
    }

    /** The queue as it is told. */
    private final class Feed implements MapListener<Contender> {

        /** How many permits each wants, in the order of the queue. */
        private final TreeMap<String, Integer> queue = new TreeMap<>();

        private int capacity;
        private boolean told;
        private @Nullable Subscription subscription;
        private boolean closed;

        void open() {
            Subscription opened = semaphore.follow(this);
            synchronized (QueueView.this) {
                subscription = opened;
                if (!closed) {
                    return;
                }
            }
            opened.close();
        }

        void close() {
            Subscription opened;
            synchronized (QueueView.this) {
                closed = true;
                opened = subscription;
            }
            if (opened != null) {
                opened.close();
            }
        }

        @Override
        public void onSnapshot(List<MapEntry<Contender>> entries, Version head) {
            synchronized (QueueView.this) {
                told = true;
                queue.clear();
                capacity = semaphore.initialPermits();
                entries.forEach(entry -> set(entry.key(), entry.value()));
            }
            lookNow();
        }

        @Override
        public void onChanges(List<MapChange<Contender>> changes) {
            boolean better = false;
            synchronized (QueueView.this) {
                for (MapChange<Contender> change : changes) {
                    if (change.versioned().present()) {
                        set(change.key(), change.versioned().value());
                        better |= change.key().equals(SyncSemaphore.CAPACITY);
                    } else {
                        queue.remove(change.key());
                        better = true;
                    }
                }
            }
            if (better) {
                lookNow();
            }
        }

        private void set(String key, Contender contender) {
            if (key.equals(SyncSemaphore.CAPACITY)) {
                capacity = contender.permits();
            } else if (key.startsWith(Claim.QUEUE)) {
                queue.put(key, contender.permits());
            }
        }

        /** Those of this node who may take now: for as many as are there, in the order of the queue. */
        Map<String, Waiter> nextTurns() {
            Map<String, Waiter> next = new HashMap<>();
            if (!told) {
                return next;
            }
            long taken = 0;
            for (Map.Entry<String, Integer> entry : queue.entrySet()) {
                taken += entry.getValue();
                if (taken > capacity) {
                    break;
                }
                Waiter waiter = waiting.get(entry.getKey());
                if (waiter != null) {
                    next.put(entry.getKey(), waiter);
                }
            }
            return next;
        }
    }
}
