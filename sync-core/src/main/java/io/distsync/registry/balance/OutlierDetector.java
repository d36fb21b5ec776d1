package io.distsync.registry.balance;

import io.distsync.registry.InstanceFilters;
import io.distsync.registry.ServiceInstance;
import io.distsync.time.TimeSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Ejects instances whose calls fail one after the other, and lets them return. */
final class OutlierDetector {

    /*
     * Modelled on Envoy's outlier detection by consecutive errors, without its periodic sweep: an ejection ends when
     * somebody looks after its time.
     *
     * Threads. Everything changes under the monitor. A success after a success, and a look at who is ejected, do not need
     * it: standings and what is published are immutable and replaced.
     */

    /** Who is ejected, and when the first of them returns. Another object whenever that changes; compared by identity. */
    static final class Ejected {

        static final Ejected NONE = new Ejected(Set.of(), 0);

        private final Set<String> ids;
        private final long firstReturnNanos;

        private Ejected(Set<String> ids, long firstReturnNanos) {
            this.ids = ids;
            this.firstReturnNanos = firstReturnNanos;
        }

        Set<String> ids() {
            return ids;
        }
    }

    private final OutlierOptions options;
    private final TimeSource time;
    private final Map<String, Standing> standings = new ConcurrentHashMap<>();
    private Set<String> known = Set.of();
    private Set<String> takingCalls = Set.of();
    private volatile Ejected ejected = Ejected.NONE;

    OutlierDetector(OutlierOptions options, TimeSource time) {
        this.options = options;
        this.time = time;
    }

    /** These are the instances there are from now on. Others are forgotten. */
    synchronized void follow(List<ServiceInstance> instances) {
        known = instances.stream().map(ServiceInstance::id).collect(Collectors.toSet());
        takingCalls = instances.stream()
                .filter(InstanceFilters.available())
                .map(ServiceInstance::id)
                .collect(Collectors.toSet());
        if (standings.keySet().retainAll(known)) {
            publish();
        }
    }

    void succeeded(ServiceInstance instance) {
        Standing standing = standings.get(instance.id());
        if (standing != null && standing.failures() > 0) {
            update(instance.id(), true);
        }
    }

    void failed(ServiceInstance instance) {
        update(instance.id(), false);
    }

    private void update(String id, boolean success) {
        long now = time.nanos();
        synchronized (this) {
            endEjections(now);
            Standing standing = standings.getOrDefault(id, Standing.GOOD);
            if (standing.ejected() || !known.contains(id)) {
                return; // a call that began before
            }
            Standing next = success ? standing.succeeded() : standing.failed();
            if (next.failures() >= options.consecutiveFailures() && mayEjectOneMore()) {
                standings.put(id, next.eject(now, options));
                publish();
            } else if (next.isGood(now, options)) {
                standings.remove(id);
            } else {
                standings.put(id, next);
            }
        }
    }

    private boolean mayEjectOneMore() {
        long present = ejected.ids.stream().filter(takingCalls::contains).count();
        return present < options.mayBeEjected(takingCalls.size());
    }

    /** Who is ejected now. Reads the clock only if somebody is. */
    Ejected ejected() {
        Ejected present = ejected;
        if (present.ids.isEmpty()) {
            return present;
        }
        long now = time.nanos();
        if (now - present.firstReturnNanos < 0) {
            return present;
        }
        synchronized (this) {
            endEjections(now);
            return ejected;
        }
    }

    List<Ejection> ejections() {
        Set<String> ids = ejected().ids;
        long now = time.nanos();
        return ids.stream()
                .map(id -> Map.entry(id, standings.getOrDefault(id, Standing.GOOD)))
                .filter(entry -> entry.getValue().ejected())
                .map(entry -> new Ejection(
                        entry.getKey(),
                        time.instant().plusNanos(entry.getValue().untilNanos() - now),
                        entry.getValue().ejections()))
                .sorted((one, other) -> one.instanceId().compareTo(other.instanceId()))
                .toList();
    }

    private void endEjections(long now) {
        if (ejected.ids.isEmpty() || now - ejected.firstReturnNanos < 0) {
            return;
        }
        for (String id : ejected.ids) {
            standings.computeIfPresent(id, (same, standing) -> standing.isOver(now) ? standing.returned() : standing);
        }
        publish();
    }

    private void publish() {
        Map<String, Standing> out = new HashMap<>(standings);
        out.values().removeIf(standing -> !standing.ejected());
        ejected = out.values().stream()
                .map(Standing::untilNanos)
                .reduce((one, other) -> one - other < 0 ? one : other)
                .map(first -> new Ejected(Set.copyOf(out.keySet()), first))
                .orElse(Ejected.NONE);
    }
}
