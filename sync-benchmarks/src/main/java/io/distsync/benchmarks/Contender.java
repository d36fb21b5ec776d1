package io.distsync.benchmarks;

import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.kafka.KafkaProcess;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The way that is measured, and a Redis server that nobody else uses; a Kafka broker, too, for those who need one. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls start
public class Contender {

    /** A broker of the tests is given up soon, so that it can be restarted: too soon for one that waits for a processor. */
    static final String PATIENT = "broker.session.timeout.ms=9000";

    @Param
    public Way way;

    @Param("NONE")
    public Durability durability;

    /** A Kafka broker that is there already, to be taken instead of one that nobody else uses. */
    @Param("")
    public String broker;

    private final LongAdder updates = new LongAdder();
    private final List<SharedState> clients = new ArrayList<>();
    private RedisServer server;
    private @Nullable KafkaBroker kafka;
    private SharedState state;

    @Setup
    public void start() {
        server = RedisServer.start(durability);
        kafka = way.needsBroker() && broker.isEmpty() ? KafkaProcess.launchToMeasure(PATIENT) : null;
        state = open();
    }

    /** Another client of the same state; closed when the run is over. */
    SharedState open() {
        SharedState opened = way.open(new Servers(uri(), kafka == null ? broker : kafka.bootstrapServers(), null));
        clients.add(opened);
        return opened;
    }

    String uri() {
        return server.uri();
    }

    void increment() {
        state.increment();
    }

    /** Returns when everything that was counted has come to wherever others are told from. */
    void settle() {
        state.settle(updates.sum());
    }

    /** To be told of all that happened; compared with what is stored when the run is over. */
    void count(long done) {
        updates.add(done);
    }

    @TearDown
    public void check() {
        try {
            state.check(updates.sum());
        } finally {
            clients.forEach(SharedState::close);
            server.close();
            if (kafka != null) {
                kafka.close();
            }
        }
    }
}
