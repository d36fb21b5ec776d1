package io.distsync.benchmarks;

import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of all contenders on the same work.
 *
 * @param name what it is asked for by; also in the names of its pictures
 * @param across what the points are a number of; {@code null} if there is only one point
 * @param point how a point is written
 * @param compared points at which all sides are put beside each other
 * @param quick points that are enough for a quick look
 */
record Question(
        String name,
        String title,
        Unit unit,
        @Nullable String across,
        IntFunction<String> point,
        List<Integer> compared,
        List<Integer> quick,
        List<Side> sides) {

    private static final IntFunction<String> NUMBER = Integer::toString;

    private static final String ATOMIC = "by hand: AtomicReference";
    private static final String LOCAL_MODE = "distsync, local mode";
    private static final String REDIS_MODE = "distsync, redis mode";
    private static final String KAFKA_MODE = "distsync, kafka mode";
    private static final String PUBLISHING = "by hand: script that publishes";

    Question {
        compared = List.copyOf(compared);
        quick = List.copyOf(quick);
        sides = List.copyOf(sides);
    }

    static List<Question> all() {
        return List.of(threads(), nodes(), told(), toldNodes(), listeners(), topics(), payload(), read());
    }

    /** Which of two results is better: the better one comes first. */
    Comparator<Spread> best() {
        Comparator<Spread> ascending = Comparator.comparingDouble(Spread::median);
        return unit == Unit.PER_SECOND ? ascending.reversed() : ascending;
    }

    // --- updates -----------------------------------------------------------------------------------------------------

    private static Question threads() {
        List<Integer> all = List.of(1, 5, 20, 50, 100, 200);
        List<Integer> some = List.of(1, 5, 50, 200);
        List<Integer> ends = List.of(1, 50);
        return new Question(
                "threads",
                "Updates of one state by threads of one process, in a second",
                Unit.PER_SECOND,
                "threads",
                NUMBER,
                ends,
                ends,
                List.of(
                        updating(LOCAL_MODE, Family.LOCAL_MODE, Way.LOCAL, all),
                        updating(ATOMIC, Family.ATOMIC_REFERENCE, Way.ATOMIC_REFERENCE, all),
                        updating(REDIS_MODE, Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE_FOLLOWED, all),
                        updating("distsync, redis mode, no handle", Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE, ends),
                        updating(
                                "distsync, redis mode, " + UpdatesUnderWay.OF_A_THREAD + " under way by each",
                                Family.REDIS_MODE,
                                Way.OPTIMISTIC_UPDATE_ASYNC,
                                ends),
                        updating("by hand: GET, compare script", Family.BY_HAND, Way.TWO_TRIPS, all),
                        updating("Redisson: RLock, get, set", Family.REDISSON, Way.REDISSON_LOCK, some),
                        updating("Redisson: RMap.compute", Family.REDISSON, Way.REDISSON_COMPUTE, ends),
                        updating("Hazelcast: executeOnKey", Family.HAZELCAST, Way.HAZELCAST, some),
                        updating("Curator: setData of a version", Family.CURATOR, Way.CURATOR, some),
                        updating(KAFKA_MODE, Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, all),
                        updating(
                                "by hand: script, send().get()",
                                Family.KAFKA,
                                Way.KAFKA_TWO_TRIPS_AND_SEND_AWAITED,
                                ends),
                        updating("Kafka: send().get() alone", Family.KAFKA, Way.KAFKA_SEND_AWAITED, ends)));
    }

    private static Side updating(String label, Family family, Way way, List<Integer> threads) {
        return new Side(label, family, threads, (lasting, point, span) -> {
            try (Stage stage = new Stage(lasting)) {
                return UpdateRate.measure(stage.open(way), point, span);
            }
        });
    }

    private static Question nodes() {
        List<Integer> all = List.of(1, 2, 4, 8);
        return new Question(
                "nodes",
                "Updates of one state by several processes with 4 threads each, in a second",
                Unit.PER_SECOND,
                "processes",
                NUMBER,
                List.of(),
                List.of(1, 2),
                List.of(
                        updatingNodes(
                                REDIS_MODE,
                                Family.REDIS_MODE,
                                Way.OPTIMISTIC_UPDATE_FOLLOWED,
                                Way.OPTIMISTIC_UPDATE,
                                all),
                        updatingNodes(
                                "by hand: GET, compare script", Family.BY_HAND, Way.TWO_TRIPS, Way.TWO_TRIPS, all),
                        updatingNodes(
                                "Redisson: RLock, get, set",
                                Family.REDISSON,
                                Way.REDISSON_LOCK,
                                Way.REDISSON_LOCK,
                                all),
                        updatingNodes(
                                KAFKA_MODE, Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, Way.KAFKA_UPDATE, all)));
    }

    /** @param observing how the outcome is looked at, by a client that is told of nothing meanwhile */
    private static Side updatingNodes(String label, Family family, Way way, Way observing, List<Integer> nodes) {
        return new Side(label, family, nodes, true, (lasting, point, span) -> {
            try (Stage stage = new Stage(lasting)) {
                return NodesRate.measure(stage, way, observing, point, span);
            }
        });
    }

    // --- being told --------------------------------------------------------------------------------------------------

    /** How much there is to be told, and to how many. */
    private record Audience(int nodes, int listeners, int note) {}

    private static Question told() {
        List<Integer> once = List.of(1);
        IntFunction<Audience> audience = point -> new Audience(1, 1, 0);
        return new Question(
                "told",
                "Time from an update until another node is told",
                Unit.NANOS,
                null,
                NUMBER,
                once,
                once,
                List.of(
                        telling(LOCAL_MODE + ", another thread", Family.LOCAL_MODE, Way.LOCAL, once, audience),
                        telling(
                                ATOMIC + ", another thread",
                                Family.ATOMIC_REFERENCE,
                                Way.ATOMIC_REFERENCE,
                                once,
                                audience),
                        telling(REDIS_MODE, Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE_FOLLOWED, once, audience),
                        telling(PUBLISHING, Family.BY_HAND, Way.ONE_TRIP_PUBLISHED, once, audience),
                        telling(
                                "Redisson: compareAndSet, RTopic",
                                Family.REDISSON,
                                Way.REDISSON_COMPARE_AND_SET,
                                once,
                                audience),
                        telling(
                                "Hazelcast: entry listener",
                                Family.HAZELCAST,
                                Way.HAZELCAST_TOLD_ELSEWHERE,
                                once,
                                audience),
                        telling("Curator: CuratorCache", Family.CURATOR, Way.CURATOR, once, audience),
                        telling(KAFKA_MODE, Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, once, audience),
                        telling(
                                "by hand: script, then send()",
                                Family.KAFKA,
                                Way.KAFKA_ONE_TRIP_AND_SEND,
                                once,
                                audience),
                        telling("Kafka: producer and consumer alone", Family.KAFKA, Way.KAFKA_SEND, once, audience)));
    }

    private static Question toldNodes() {
        List<Integer> all = List.of(1, 2, 4, 8);
        IntFunction<Audience> audience = nodes -> new Audience(nodes, 1, 0);
        return new Question(
                "told-nodes",
                "Time from an update until the last of several nodes is told",
                Unit.NANOS,
                "nodes, all in one process",
                NUMBER,
                List.of(),
                List.of(1, 2),
                List.of(
                        telling(REDIS_MODE, Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE_FOLLOWED, all, audience),
                        telling(PUBLISHING, Family.BY_HAND, Way.ONE_TRIP_PUBLISHED, all, audience),
                        telling(
                                "Redisson: compareAndSet, RTopic",
                                Family.REDISSON,
                                Way.REDISSON_COMPARE_AND_SET,
                                all,
                                audience),
                        telling("Curator: CuratorCache", Family.CURATOR, Way.CURATOR, all, audience),
                        telling(KAFKA_MODE, Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, all, audience)));
    }

    private static Question listeners() {
        List<Integer> all = List.of(1, 10, 100, 1_000);
        IntFunction<Audience> audience = listeners -> new Audience(1, listeners, 0);
        return new Question(
                "listeners",
                "Time from an update until the last listener of another node is told",
                Unit.NANOS,
                "listeners of one state",
                NUMBER,
                List.of(),
                List.of(1, 100),
                List.of(
                        telling(LOCAL_MODE, Family.LOCAL_MODE, Way.LOCAL, all, audience),
                        telling(ATOMIC, Family.ATOMIC_REFERENCE, Way.ATOMIC_REFERENCE, all, audience),
                        telling(REDIS_MODE, Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE_FOLLOWED, all, audience),
                        telling(PUBLISHING, Family.BY_HAND, Way.ONE_TRIP_PUBLISHED, all, audience),
                        telling(KAFKA_MODE, Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, all, audience)));
    }

    private static Question payload() {
        List<Integer> all = List.of(100, 1_000, 10_000, 100_000, 1_000_000);
        List<Integer> some = List.of(100, 10_000, 1_000_000);
        int bare = SharedState.next("").length();
        IntFunction<Audience> audience = bytes -> new Audience(1, 1, bytes - bare);
        return new Question(
                "payload",
                "Time from an update until another node is told, by the size of the state",
                Unit.NANOS,
                "size of the state in JSON",
                Question::bytes,
                List.of(),
                List.of(100, 1_000_000),
                List.of(
                        telling(LOCAL_MODE, Family.LOCAL_MODE, Way.LOCAL, all, audience),
                        telling(REDIS_MODE, Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE_FOLLOWED, all, audience),
                        telling(PUBLISHING, Family.BY_HAND, Way.ONE_TRIP_PUBLISHED, all, audience),
                        telling(
                                "Redisson: compareAndSet, RTopic",
                                Family.REDISSON,
                                Way.REDISSON_COMPARE_AND_SET,
                                some,
                                audience),
                        telling("Curator: CuratorCache", Family.CURATOR, Way.CURATOR, some, audience),
                        telling(KAFKA_MODE, Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, all, audience),
                        telling(
                                "by hand: script, then send()",
                                Family.KAFKA,
                                Way.KAFKA_ONE_TRIP_AND_SEND,
                                some,
                                audience)));
    }

    private static String bytes(int point) {
        return point >= 1_000_000 ? point / 1_000_000 + " MB" : point >= 1_000 ? point / 1_000 + " kB" : point + " B";
    }

    private static Side telling(
            String label, Family family, Way way, List<Integer> points, IntFunction<Audience> audience) {
        return new Side(label, family, points, (lasting, point, span) -> {
            Audience told = audience.apply(point);
            try (Stage stage = new Stage(lasting)) {
                SharedState writer = stage.open(way);
                List<SharedState> others = stage.others(way, writer, told.nodes());
                return Telling.ofState(writer, others, told.listeners(), told.note(), span);
            }
        });
    }

    private static Question topics() {
        List<Integer> all = List.of(1, 10, 100, 1_000, 10_000);
        return new Question(
                "topics",
                "Time from an update of one of many topics until another node is told",
                Unit.NANOS,
                "topics, all of them followed",
                NUMBER,
                List.of(),
                List.of(1, 100),
                List.of(
                        tellingTopics(LOCAL_MODE, Family.LOCAL_MODE, TopicsWay.LOCAL, all),
                        tellingTopics(REDIS_MODE, Family.REDIS_MODE, TopicsWay.SERVICE, all),
                        tellingTopics("by hand: the commit script", Family.BY_HAND, TopicsWay.BY_HAND, all),
                        tellingTopics("Redisson: compareAndSet, RTopic", Family.REDISSON, TopicsWay.REDISSON, all),
                        tellingTopics(KAFKA_MODE, Family.KAFKA_MODE, TopicsWay.KAFKA, all)));
    }

    private static Side tellingTopics(String label, Family family, TopicsWay way, List<Integer> topics) {
        return new Side(label, family, topics, (lasting, point, span) -> {
            try (Stage stage = new Stage(lasting)) {
                SharedTopics writer = stage.open(way, point);
                SharedTopics other = way.isAllNodes() ? writer : stage.open(way, point);
                return Telling.ofTopics(writer, other, point, span);
            }
        });
    }

    // --- reading -----------------------------------------------------------------------------------------------------

    private static Question read() {
        List<Integer> once = List.of(1);
        ToLongFunction<SharedState> shown = SharedState::shown;
        ToLongFunction<SharedState> fetched = SharedState::fetched;
        return new Question(
                "read",
                "Time to read the state",
                Unit.NANOS,
                null,
                NUMBER,
                once,
                once,
                List.of(
                        reading("distsync, local mode: handle", Family.LOCAL_MODE, Way.LOCAL, shown),
                        reading(ATOMIC, Family.ATOMIC_REFERENCE, Way.ATOMIC_REFERENCE, shown),
                        reading(
                                "distsync, redis mode: handle",
                                Family.REDIS_MODE,
                                Way.OPTIMISTIC_UPDATE_FOLLOWED,
                                shown),
                        reading("distsync, redis mode: fetchLatest", Family.REDIS_MODE, Way.OPTIMISTIC_UPDATE, fetched),
                        reading("by hand: GET", Family.BY_HAND, Way.TWO_TRIPS, fetched),
                        reading("Redisson: RBucket.get", Family.REDISSON, Way.REDISSON_LOCK, fetched),
                        reading("Hazelcast: IMap.get", Family.HAZELCAST, Way.HAZELCAST_TOLD_ELSEWHERE, fetched),
                        reading("Curator: CuratorCache.get", Family.CURATOR, Way.CURATOR_CACHE, shown),
                        reading("Curator: getData", Family.CURATOR, Way.CURATOR, fetched),
                        reading("distsync, kafka mode: handle", Family.KAFKA_MODE, Way.KAFKA_UPDATE_FOLLOWED, shown)));
    }

    private static Side reading(String label, Family family, Way way, ToLongFunction<SharedState> read) {
        return new Side(label, family, List.of(1), (lasting, point, span) -> {
            try (Stage stage = new Stage(lasting)) {
                SharedState writer = stage.open(way);
                SharedState reader = stage.others(way, writer, 1).get(0);
                return Reading.measure(writer, () -> read.applyAsLong(reader), span);
            }
        });
    }
}
