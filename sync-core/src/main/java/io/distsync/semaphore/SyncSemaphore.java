package io.distsync.semaphore;

import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapPage;
import io.distsync.SyncMap;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.backend.Subscription;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import io.distsync.queue.LeaseQueues;
import io.distsync.queue.Place;
import io.distsync.queue.Terms;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * So many permits in a whole cluster, first come, first served. A holder that crashes gives back its permits when their lease is
 * over; one that lives renews them. Safe to share between threads.
 *
 * <p>As a limit of concurrency: {@code semaphore.withPermit(wait, permit -> …)} around the calls. A permit costs two round trips,
 * one to take and one to give back, and the first reads as many entries as permits are held: made for tens or hundreds of
 * permits around work of milliseconds and more.
 */
public final class SyncSemaphore {

    /*
     * Threads. The only thing kept is the number of permits last heard of. It says how much to read, and is asked for anew
     * when that was too little.
     */

    /** What the keys of the capacity and of the places begin with. */
    private static final String EVERYTHING = "q";

    /** Before all places in the order of keys: a page that reaches down to the first one has it, too. */
    static final String CAPACITY = EVERYTHING;

    private final LeaseQueues queues;
    private final SyncMap<Contender> map;
    private final String name;
    private final String owner;
    private final int initialPermits;
    private final Terms terms;
    private final QueueView view = new QueueView(this);
    private volatile int lastCapacity;

    SyncSemaphore(
            LeaseQueues queues, SyncMap<Contender> map, String name, String owner, int initialPermits, Terms terms) {
        this.queues = queues;
        this.map = map;
        this.name = name;
        this.owner = owner;
        this.initialPermits = initialPermits;
        this.terms = terms;
        this.lastCapacity = initialPermits;
    }

    public String name() {
        return name;
    }

    /** Waits for one permit; see {@link #tryAcquire(int, Duration)}. */
    public Optional<Permit> tryAcquire(Duration wait) {
        return tryAcquire(1, wait);
    }

    /**
     * Waits for permits, for as long as {@code wait} and hardly longer. All of them or none; nobody who asks for fewer
     * overtakes.
     *
     * @param permits from 1 to {@link SyncSemaphores#MAX_PERMITS}; more than there are may be waited for, until there are
     * @param wait zero to take them only if they are free
     * @return the permits, to be closed; empty if others had them for all that time, as far as was known
     * @throws io.distsync.error.NotAppliedException if the store could not be asked in time, or the waiting thread was
     *     interrupted, whose flag stays set then; nothing is held
     * @throws io.distsync.error.OutcomeUnknownException if the store did not answer; nothing is held, but it may be taken
     *     until the lease is over
     * @throws IllegalArgumentException if the number is out of range, or the wait is negative or longer than a year
     */
    public Optional<Permit> tryAcquire(int permits, Duration wait) {
        return queues.await(claim(permits, wait), Permit::new);
    }

    /** Waits for one permit; see {@link #tryAcquireAsync(int, Duration)}. */
    public CompletableFuture<Optional<Permit>> tryAcquireAsync(Duration wait) {
        return tryAcquireAsync(1, wait);
    }

    /**
     * {@link #tryAcquire(int, Duration)} without waiting. What depends on the future runs on threads made for it. Whoever
     * completes it otherwise, by cancelling or by a timeout, does not get the permits.
     */
    public CompletableFuture<Optional<Permit>> tryAcquireAsync(int permits, Duration wait) {
        return queues.whenGranted(claim(permits, wait), Permit::new);
    }

    /**
     * Does something while holding a permit, and gives it back.
     *
     * @return what the action returns
     * @throws NoPermitException if others had them all for as long as {@code wait}; the action was not called
     * @throws io.distsync.error.SyncException as {@link #tryAcquire(int, Duration)}; the action was not called
     */
    public <R> R withPermit(Duration wait, Function<? super Permit, ? extends R> action) {
        try (Permit permit = tryAcquire(wait)
                .orElseThrow(() -> new NoPermitException("others held the permits of semaphore '" + name
                        + "' for as long as was to be waited: " + wait))) {
            return action.apply(permit);
        }
    }

    private Claim claim(int permits, Duration wait) {
        SyncSemaphores.requirePermits(permits, 1);
        return queues.claim(name, wait, line -> new PermitClaim(this, line, owner, permits, terms, wait));
    }

    /**
     * Changes the number of permits for the whole cluster, and waits for the store. What is held stays held: if it is more
     * than that, nobody gets any until it is less.
     *
     * @param permits from 0, which lets nobody in, to {@link SyncSemaphores#MAX_PERMITS}
     */
    public void resize(int permits) {
        SyncSemaphores.requirePermits(permits, 0);
        var unused = map.put(CAPACITY, capacity(permits));
        lastCapacity = permits;
    }

    /** How many permits there are, as the store says. */
    public int permits() {
        return map.get(CAPACITY).map(entry -> entry.value().permits()).orElse(initialPermits);
    }

    /** How many of them nobody holds or waits for, as the store says; others may have taken them since. */
    public int availablePermits() {
        long wanted = 0;
        String after = null;
        MapPage<Contender> page;
        do {
            page = map.read(new Range(Claim.QUEUE, after, Limits.MAX_PAGE, Order.ASCENDING));
            for (MapEntry<Contender> entry : page.entries()) {
                wanted += entry.value().permits();
                after = entry.key();
            }
        } while (page.more());
        return (int) Math.max(0, permits() - wanted);
    }

    void close() {
        map.close();
    }

    // --- for claims -------------------------------------------------------------------------------------------------

    QueueView view() {
        return view;
    }

    int initialPermits() {
        return initialPermits;
    }

    /** Tells of everything, until it is closed. */
    Subscription follow(MapListener<Contender> listener) {
        return map.follow(Scope.entries(), Version.ABSENT, listener);
    }

    /** The place itself, all that may hold before it, and the number of permits. */
    Range selectionOfJoin() {
        return new Range(EVERYTHING, null, lastCapacity + 2, Order.DESCENDING);
    }

    /** The same without the place. */
    Selection selectionBefore(Place place) {
        return new Range(EVERYTHING, place.key(), lastCapacity + 1, Order.DESCENDING);
    }

    int lastCapacity() {
        return lastCapacity;
    }

    void heard(int capacity) {
        lastCapacity = capacity;
    }

    /** What the store has; the first who asks says it. */
    CompletableFuture<Integer> askForCapacity() {
        return map.compareAndSetAsync(CAPACITY, Version.ABSENT, capacity(initialPermits))
                .thenApply(result -> {
                    heard(result.current().value().permits());
                    return lastCapacity;
                });
    }

    private Contender capacity(int permits) {
        return new Contender(owner, permits, false);
    }
}
