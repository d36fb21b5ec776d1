package io.distsync.sample;

import io.distsync.backend.Subscription;
import io.distsync.election.Candidacy;
import io.distsync.election.ElectionView;
import io.distsync.election.Leader;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import io.distsync.lease.FencingToken;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceView;
import io.distsync.registry.SyncRegistry;
import io.distsync.sample.ClusterView.LockPart;
import io.distsync.sample.ClusterView.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * The nodes of the sample, of which this is one: it registers, and stands for election. What it has to say to the others,
 * its term and its part in the lock demonstration, is metadata of its registration, and goes with it.
 *
 * <p>The default phase of a {@link SmartLifecycle} starts last, when the server has its port, and stops first: the node
 * drains, and another one leads, while the server ends what is under way. The registry takes it off the list after that.
 */
@Component
final class Cluster implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Cluster.class);

    private static final String NAME = "sample"; // of the service, and of the election

    /** Short, so that a node that was killed is not listed for long. */
    private static final RegistrationOptions OPTIONS =
            RegistrationOptions.defaults().withLease(Duration.ofSeconds(10));

    private final SyncRegistry registry;
    private final SyncElections elections;
    private final SampleProperties properties;
    private final Environment environment;
    private final ServiceView instances;
    private final ElectionView election;
    private volatile boolean running;
    private volatile @Nullable Registration registration;
    private volatile @Nullable Candidacy candidacy;

    Cluster(SyncRegistry registry, SyncElections elections, SampleProperties properties, Environment environment) {
        this.registry = registry;
        this.elections = elections;
        this.properties = properties;
        this.environment = environment;
        instances = registry.instances(NAME);
        election = elections.observe(NAME);
    }

    /** Does not wait for the store: a node starts without it too, and is a candidate once the registry has tried. */
    @Override
    public void start() {
        running = true;
        int port = environment.getProperty("local.server.port", int.class, 0);
        ServiceInstance self = ServiceInstance.of(NAME, properties.host(), port)
                .withId(properties.node())
                .withMetadata(Map.of("started-at", Instant.now().toString()));
        var unused = registry.registerAsync(self, OPTIONS).whenComplete((done, failure) -> {
            if (failure == null) {
                registered(done);
            } else {
                log.error("Node '{}' is not registered, and does not stand for election", properties.node(), failure);
            }
        });
    }

    /** Under the monitor, so that a node which stops meanwhile either leaves what it joins here, or does not join. */
    private synchronized void registered(Registration done) {
        registration = done;
        if (!running) {
            drain(done);
            return;
        }
        candidacy = elections.join(NAME, new LeadershipListener() {
            @Override
            public void elected(LeaderTerm term) {
                say(Map.of(
                        "term",
                        term.token().toString(),
                        "term-since",
                        Instant.now().toString()));
            }

            @Override
            public void revoked(LeaderTerm term, RevocationReason reason) {
                // Nothing to unsay: what was said is of this term, and the election names another one.
            }
        });
    }

    @Override
    public void stop() {
        synchronized (this) {
            running = false;
        }
        if (registration != null) {
            drain(registration);
        }
        if (candidacy != null) {
            candidacy.close();
        }
    }

    private static void drain(Registration registration) {
        var unused = registration.updateAsync(instance -> instance.withStatus(InstanceStatus.DRAINING));
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Ends the term of this node, if it leads; the next candidate is elected. */
    void resign() {
        if (candidacy != null) {
            candidacy.resign();
        }
    }

    /** Tells all nodes of this one's part in the lock demonstration, without waiting for it. */
    void say(LockPart part) {
        say(Map.of("lock", part.state(), "lock-token", part.token(), "lock-at", part.at()));
    }

    private void say(Map<String, String> what) {
        if (registration != null) {
            var unused = registration.updateAsync(instance -> {
                Map<String, String> metadata = new HashMap<>(instance.metadata());
                metadata.putAll(what);
                return instance.withMetadata(metadata);
            });
        }
    }

    /** The nodes as this one knows them: local reads, no I/O. */
    ClusterView latest() {
        String term =
                election.leader().map(Leader::token).map(FencingToken::toString).orElse("");
        return new ClusterView(
                properties.node(),
                instances.status().state().name(),
                instances.all().stream()
                        .map(each -> isSelf(each) ? self(each) : node(each, term))
                        .toList());
    }

    /** Calls back whenever the nodes may have changed; calls may overlap. */
    Subscription onChange(Runnable listener) {
        Subscription ofNodes = instances.onChange((before, after) -> listener.run());
        Subscription ofLeader = election.onChange(leader -> listener.run());
        return () -> {
            ofNodes.close();
            ofLeader.close();
        };
    }

    private boolean isSelf(ServiceInstance instance) {
        return instance.id().equals(properties.node());
    }

    /** Of itself a node knows more than the store does while that is away, and whether it leads it knows for certain. */
    private Node self(ServiceInstance listed) {
        String term = candidacy == null
                ? ""
                : candidacy
                        .term()
                        .map(LeaderTerm::token)
                        .map(FencingToken::toString)
                        .orElse("");
        return node(registration == null ? listed : registration.instance(), term);
    }

    private static Node node(ServiceInstance instance, String term) {
        Map<String, String> said = instance.metadata();
        return new Node(
                instance.id(),
                instance.host(),
                instance.port(),
                instance.status().name(),
                said.get("started-at"),
                term.equals(said.get("term")) ? said.get("term-since") : null,
                said.containsKey("lock")
                        ? new LockPart(
                                said.get("lock"), said.getOrDefault("lock-token", ""), said.getOrDefault("lock-at", ""))
                        : null);
    }
}
