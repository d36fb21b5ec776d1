package io.distsync.queue;

import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldMetrics.Outcome;
import io.distsync.lease.HoldStatus;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Sees claims come and go from outside: for metrics, and for whoever asks what is held. */
final class ClaimObserver {

    /*
     * Threads. Whichever complete the futures of claims; the map is shared.
     */

    private final TimeSource time;
    private final HoldMetrics metrics;
    private final Map<Claim, Instant> heldSince = new ConcurrentHashMap<>();

    ClaimObserver(TimeSource time, HoldMetrics metrics) {
        this.time = time;
        this.metrics = metrics;
    }

    /** To be called before the claim begins. */
    void observe(Claim claim) {
        long asked = time.nanos();
        var unused = claim.granted().whenComplete((granted, failure) -> {
            Outcome outcome = outcome(granted);
            metrics.acquired(outcome, since(asked));
            if (outcome == Outcome.GRANTED) {
                granted(claim);
            }
        });
    }

    private void granted(Claim claim) {
        long granted = time.nanos();
        heldSince.put(claim, time.instant());
        if (metrics != HoldMetrics.NONE) {
            claim.onLost(metrics::lost);
        }
        var unused = claim.over().thenRun(() -> {
            heldSince.remove(claim);
            metrics.held(since(granted));
        });
    }

    private static Outcome outcome(@Nullable Boolean granted) {
        if (granted == null) {
            return Outcome.FAILED;
        }
        return granted ? Outcome.GRANTED : Outcome.BUSY;
    }

    private Duration since(long nanos) {
        return Duration.ofNanos(time.nanos() - nanos);
    }

    /** What the claims are at, by name. */
    List<HoldStatus> status(Collection<Claim> claims) {
        Map<String, List<Claim>> byName = new TreeMap<>();
        claims.forEach(claim ->
                byName.computeIfAbsent(claim.name(), name -> new ArrayList<>()).add(claim));
        return byName.entrySet().stream()
                .map(named -> status(named.getKey(), named.getValue()))
                .filter(status -> !status.grants().isEmpty() || status.waiting() > 0)
                .toList();
    }

    private HoldStatus status(String name, List<Claim> claims) {
        List<HoldStatus.Grant> grants = claims.stream()
                .filter(claim -> isGranted(claim) && claim.isHeld())
                .map(claim -> new HoldStatus.Grant(
                        claim.token(), claim.remaining(), heldSince.getOrDefault(claim, time.instant())))
                .sorted(Comparator.comparing(HoldStatus.Grant::token))
                .toList();
        long waiting =
                claims.stream().filter(claim -> !claim.granted().isDone()).count();
        return new HoldStatus(name, grants, Math.toIntExact(waiting));
    }

    private static boolean isGranted(Claim claim) {
        return claim.granted().isDone()
                && !claim.granted().isCompletedExceptionally()
                && claim.granted().join();
    }
}
