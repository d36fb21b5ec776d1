package io.distsync.boot.autoconfigure.metrics;

import io.distsync.boot.LeadershipGranted;
import io.distsync.election.LeaderTerm;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;

/** The meters of the elections of annotated methods: each from the first term of this node on. */
final class LeaderMeters {

    private final MeterRegistry registry;
    private final Map<String, LeaderTerm> terms = new ConcurrentHashMap<>();

    LeaderMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @EventListener
    void granted(LeadershipGranted event) {
        String election = event.election();
        terms.put(election, event.term());
        Gauge.builder("sync.leader", terms, all -> leads(all.get(election)))
                .description("1 while this node leads for certain, else 0")
                .tag("election", election)
                .register(registry);
        Counter.builder("sync.leader.changes")
                .description("Terms of this node")
                .tag("election", election)
                .register(registry)
                .increment();
    }

    private static int leads(@Nullable LeaderTerm term) {
        return term != null && term.isValid() ? 1 : 0;
    }
}
