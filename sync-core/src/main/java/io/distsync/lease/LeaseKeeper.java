package io.distsync.lease;

import io.distsync.SyncMap;
import io.distsync.backend.Lease;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews leases of one service, and tells when one is lost. Leases that are due at about the same time are renewed together,
 * those of several topics in one call.
 *
 * <p>A lease is renewed when a third of it has passed, and then after each further sixth until an answer has come. Its time
 * counts from the moment before the request was sent, less one per cent for clocks of another pace: so it ends here before
 * it ends in the store. What was lost once is never renewed again, whatever the store still has of it.
 */
public final class LeaseKeeper implements AutoCloseable {

    /*
     * Threads. The scheduler looks for what is due; answers come on threads of the service. The monitor guards the queue and
     * the leases in it; neither the store nor a callback is called under it. Callbacks run on whichever thread found out.
     */

    /** A shorter lease would be lost to any pause of its process. */
    public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

    private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

    /** One per cent: more than clocks differ, less than anybody misses. */
    private static final int MARGIN = 100;

    /** As many are renewed in one call, and all that are of one topic. */
    private static final int TOGETHER = 256;

    /** What is due within this part of its length is renewed together with what is due now. */
    private static final int SLACK = 24;

    private final TimeSource time;
    private final Scheduler scheduler;
    private final TreeSet<KeptLease> queue = new TreeSet<>(KeptLease::compareDue);
    private long numbers;
    private long alarms;
    private Scheduler.@Nullable Cancellable alarm;
    private long alarmAt;
    private boolean closed;

    /** @param scheduler stays the caller's to close */
    public LeaseKeeper(TimeSource time, Scheduler scheduler) {
        this.time = time;
        this.scheduler = scheduler;
    }

    /**
     * The lease, if it can be that of something held.
     *
     * @param what it is, for the message
     * @throws IllegalArgumentException if it is shorter than {@link #SHORTEST_LEASE} or longer than {@link Limits#MAX_LEASE}
     */
    public static Duration checkLease(String what, Duration lease) {
        if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException(
                    what + " must be from " + SHORTEST_LEASE + " to " + Limits.MAX_LEASE + ", but is " + lease);
        }
        return lease;
    }

    /**
     * Renews a lease from now on.
     *
     * @param map of the lease's topic
     * @param ttl its time to live in the store
     * @param sent {@link TimeSource#nanos()} before the request was sent that granted the lease
     * @param onLost called at most once, by the thread that finds out, so it must be quick; not after {@link
     *     KeptLease#letGo()}
     */
    public KeptLease keep(SyncMap<?> map, Lease lease, Duration ttl, long sent, Consumer<LossReason> onLost) {
        long length = Duration.ofMillis(Limits.checkLease(ttl)).toNanos();
        synchronized (this) {
            KeptLease kept = new KeptLease(this, numbers++, map, lease, length - length / MARGIN, sent, onLost);
            if (!closed) {
                kept.setDue(sent + length / 3);
                queue.add(kept);
                arm();
            }
            return kept;
        }
    }

    /** Ends all renewals; nothing is called any more, and each lease is valid until its time is over. */
    @Override
    public synchronized void close() {
        closed = true;
        queue.clear();
        arm();
    }

    long now() {
        return time.nanos();
    }

    /** Notes that the time of a lease is over; false if it is not. */
    boolean expire(KeptLease kept) {
        synchronized (this) {
            if (!kept.isOver(now())) {
                return false;
            }
            if (!kept.isKept()) {
                return true;
            }
            drop(kept, LossReason.EXPIRED);
        }
        tell(kept);
        return true;
    }

    boolean lose(KeptLease kept, LossReason why) {
        synchronized (this) {
            if (!kept.isKept()) {
                return false;
            }
            drop(kept, kept.isOver(now()) ? LossReason.EXPIRED : why);
        }
        tell(kept);
        return true;
    }

    synchronized boolean letGo(KeptLease kept) {
        if (!kept.isKept()) {
            return false;
        }
        queue.remove(kept);
        kept.letGoNow();
        return true;
    }

    private void drop(KeptLease kept, LossReason why) {
        queue.remove(kept);
        kept.loseNow(why);
    }

    // --- renewals ---------------------------------------------------------------------------------------------------

    private void arm() {
        if (queue.isEmpty()) {
            if (alarm != null) {
                alarm.cancel();
                alarm = null;
            }
            return;
        }
        long at = queue.first().due();
        if (alarm == null || at - alarmAt < 0) {
            if (alarm != null) {
                alarm.cancel();
            }
            alarmAt = at;
            alarms++;
            long number = alarms;
            alarm = scheduler.schedule(() -> look(number), Duration.ofNanos(Math.max(0, at - now())));
        }
    }

    private void look(long number) {
        List<KeptLease> due = new ArrayList<>();
        List<KeptLease> lost = new ArrayList<>();
        long sent = now();
        synchronized (this) {
            if (number != alarms) {
                return; // an earlier one was set in the meantime
            }
            alarm = null;
            while (!queue.isEmpty() && queue.first().isDue(sent + queue.first().lengthNanos() / SLACK)) {
                KeptLease kept = queue.pollFirst();
                if (kept.isOver(sent)) {
                    kept.loseNow(LossReason.EXPIRED);
                    lost.add(kept);
                } else {
                    due.add(kept);
                }
            }
            for (KeptLease kept : due) {
                long again = sent + kept.lengthNanos() / 6;
                kept.asked();
                kept.setDue(again - kept.validUntil() < 0 ? again : kept.validUntil());
                queue.add(kept);
            }
            arm();
        }
        together(due).forEach(some -> renew(some, sent));
        lost.forEach(LeaseKeeper::tell);
    }

    /** In how many calls they are renewed: what was asked in vain must not cost others their leases, and goes by its topic. */
    private static List<List<KeptLease>> together(List<KeptLease> due) {
        List<List<KeptLease>> calls = new ArrayList<>();
        List<KeptLease> open = new ArrayList<>();
        for (List<KeptLease> ofTopic : byTopic(due)) {
            if (ofTopic.stream().anyMatch(KeptLease::isAskedAgain)) {
                calls.add(ofTopic);
                continue;
            }
            if (open.isEmpty() || open.size() + ofTopic.size() > TOGETHER) {
                open = new ArrayList<>();
                calls.add(open);
            }
            open.addAll(ofTopic);
        }
        return calls;
    }

    private static Collection<List<KeptLease>> byTopic(List<KeptLease> leases) {
        Map<String, List<KeptLease>> byTopic = new LinkedHashMap<>();
        leases.forEach(kept -> byTopic.computeIfAbsent(kept.lease().topic(), topic -> new ArrayList<>())
                .add(kept));
        return byTopic.values();
    }

    private void renew(List<KeptLease> some, long sent) {
        try {
            var unused = some.get(0)
                    .map()
                    .keepAliveAsync(some.stream().map(KeptLease::lease).toList())
                    .whenComplete((gone, failure) -> {
                        if (failure == null) {
                            renewed(some, Set.copyOf(gone), sent);
                        } else {
                            failed(some, failure);
                        }
                    });
        } catch (RuntimeException e) {
            failed(some, e);
        }
    }

    /** If it was about several topics, each is asked for by itself: something may be wrong with one of them only. */
    private void failed(List<KeptLease> some, Throwable failure) {
        log.debug("{} leases could not be renewed", some.size(), failure);
        Collection<List<KeptLease>> topics = byTopic(some);
        if (topics.size() > 1) {
            long sent = now();
            topics.forEach(ofTopic -> renew(ofTopic, sent));
        }
    }

    private static void tell(KeptLease lost) {
        try {
            lost.tell();
        } catch (RuntimeException e) {
            LogEvent.LEASE_LOSS_UNTOLD.on(log).setCause(e).log("the loss of a lease could not be told");
        }
    }

    /**
     * Renews a lease now.
     *
     * @param executor for the answer, see {@link SyncMap#keepAliveAsync(Collection, Executor)}; {@code null} for threads
     *     of the service
     * @return completes with whether it is valid; fails if the store did not answer, as {@link SyncMap#keepAliveAsync} does
     */
    public CompletableFuture<Boolean> renew(KeptLease kept, @Nullable Executor executor) {
        long sent = now();
        List<Lease> asked = List.of(kept.lease());
        CompletableFuture<List<Lease>> answer =
                executor == null ? kept.map().keepAliveAsync(asked) : kept.map().keepAliveAsync(asked, executor);
        return answer.thenApply(gone -> {
            renewed(List.of(kept), Set.copyOf(gone), sent);
            return kept.isValid();
        });
    }

    private void renewed(List<KeptLease> asked, Set<Lease> gone, long sent) {
        List<KeptLease> lost = new ArrayList<>();
        synchronized (this) {
            long now = now();
            for (KeptLease kept : asked) {
                if (!kept.isKept()) {
                    continue;
                }
                if (kept.isOver(now)) {
                    drop(kept, LossReason.EXPIRED); // too late: somebody may have been told already that it is over
                    lost.add(kept);
                } else if (gone.contains(kept.lease())) {
                    drop(kept, LossReason.GONE);
                    lost.add(kept);
                } else {
                    queue.remove(kept);
                    kept.renewed(sent);
                    kept.setDue(kept.validUntil() - kept.lengthNanos() * 2 / 3);
                    if (!closed) {
                        queue.add(kept);
                    }
                }
            }
            arm();
        }
        lost.forEach(LeaseKeeper::tell);
    }
}
