package io.distsync.boot.autoconfigure.metrics;

import io.distsync.boot.LeadershipGranted;
import io.distsync.election.LeaderTerm;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
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
        Tags tags = Tags.of(SyncTag.ELECTION.of(election));
        SyncMeter.LEADER
                .gauge(terms, all -> leads(all.get(election)))
                .tags(tags)
                .register(registry);
        SyncMeter.LEADER_CHANGES.counter().tags(tags).register(registry).increment();
    }

    private static int leads(@Nullable LeaderTerm term) {
        return term != null && term.isValid() ? 1 : 0;
    }
}
