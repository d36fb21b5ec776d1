package io.distsync.benchmarks;

import io.distsync.benchmarks.HandWritten.Beginning;
import java.util.EnumSet;
import java.util.Set;

/** How an application may keep one state for all its processes. */
public enum Way {
    LOCAL("optimisticUpdate in local mode, one handle open"),
    ATOMIC_REFERENCE("AtomicReference.updateAndGet"),
    OPTIMISTIC_UPDATE("optimisticUpdate"),
    OPTIMISTIC_UPDATE_FOLLOWED("optimisticUpdate, one handle open"),
    OPTIMISTIC_UPDATE_ASYNC("optimisticUpdateAsync, one handle open, " + UpdatesUnderWay.OF_A_THREAD + " under way"),
    TWO_TRIPS("GET, then a script"),
    ONE_TRIP("one script"),
    ONE_TRIP_PUBLISHED("one script that publishes"),
    COMMIT_SCRIPT("the commit script by itself"),
    COMMIT_SCRIPT_FOLLOWED("the commit script by itself, one subscription"),
    REDISSON_LOCK("Redisson RLock"),
    REDISSON_COMPUTE("Redisson RMap.compute"),
    REDISSON_ATOMIC_LONG("Redisson RAtomicLong"),
    REDISSON_COMPARE_AND_SET("Redisson compareAndSet, RTopic"),
    HAZELCAST("Hazelcast executeOnKey"),
    HAZELCAST_TOLD_ELSEWHERE("Hazelcast executeOnKey at one member, an entry listener at the other"),
    CURATOR("Curator, getData, then setData of its version"),
    CURATOR_CACHE("Curator, a CuratorCache"),
    KAFKA_UPDATE("optimisticUpdate in Kafka mode"),
    KAFKA_UPDATE_FOLLOWED("optimisticUpdate in Kafka mode, one handle open"),
    KAFKA_TWO_TRIPS_AND_SEND_AWAITED("GET, a script, then send().get()"),
    KAFKA_ONE_TRIP_AND_SEND("one script, then send()"),
    KAFKA_SEND_AWAITED("send().get() by itself"),
    KAFKA_SEND("send() by itself");

    private static final Set<Way> BY_KAFKA = EnumSet.range(KAFKA_UPDATE, KAFKA_SEND);
    private static final Set<Way> WHOLE = EnumSet.of(LOCAL, ATOMIC_REFERENCE, HAZELCAST, HAZELCAST_TOLD_ELSEWHERE);

    private final String label;

    Way(String label) {
        this.label = label;
    }

    /** What the tables call it. */
    String label() {
        return label;
    }

    /** Whether it takes a Kafka broker, too. */
    boolean needsBroker() {
        return BY_KAFKA.contains(this);
    }

    /** Whether one client has all the nodes there are: another one would know of another state. */
    boolean isAllNodes() {
        return WHOLE.contains(this);
    }

    /** One more client of the state. */
    SharedState open(Servers servers) {
        String uri = servers.redis();
        return switch (this) {
            case LOCAL -> OptimisticUpdate.local().following();
            case ATOMIC_REFERENCE -> new AtomicState();
            case OPTIMISTIC_UPDATE -> OptimisticUpdate.on(uri);
            case OPTIMISTIC_UPDATE_FOLLOWED -> OptimisticUpdate.on(uri).following();
            case OPTIMISTIC_UPDATE_ASYNC ->
                new UpdatesUnderWay(OptimisticUpdate.on(uri).following());
            case TWO_TRIPS -> HandWritten.beginningWith(Beginning.READ, uri);
            case ONE_TRIP -> HandWritten.beginningWith(Beginning.LAST_SEEN, uri);
            case ONE_TRIP_PUBLISHED -> HandWritten.publishing(uri);
            case COMMIT_SCRIPT -> new CommitScript(uri);
            case COMMIT_SCRIPT_FOLLOWED -> CommitScript.following(uri);
            case REDISSON_LOCK -> new Redisson.Locked(uri);
            case REDISSON_COMPUTE -> new Redisson.Computed(uri);
            case REDISSON_ATOMIC_LONG -> new Redisson.Counted(uri);
            case REDISSON_COMPARE_AND_SET -> new Redisson.Compared(uri);
            case HAZELCAST -> Hazelcast.enteredAnywhere();
            case HAZELCAST_TOLD_ELSEWHERE -> Hazelcast.toldElsewhere();
            case CURATOR -> new CuratorState(servers.ensemble());
            case CURATOR_CACHE -> new CuratorState(servers.ensemble()).caching();
            case KAFKA_UPDATE -> KafkaUpdate.on(servers);
            case KAFKA_UPDATE_FOLLOWED -> KafkaUpdate.following(servers);
            case KAFKA_TWO_TRIPS_AND_SEND_AWAITED -> new HandBroadcast(servers, Beginning.READ, Sending.AWAITED);
            case KAFKA_ONE_TRIP_AND_SEND -> new HandBroadcast(servers, Beginning.LAST_SEEN, Sending.UNAWAITED);
            case KAFKA_SEND_AWAITED -> new BareTopic(servers.broker(), Sending.AWAITED);
            case KAFKA_SEND -> new BareTopic(servers.broker(), Sending.UNAWAITED);
        };
    }
}
