package io.distsync.benchmarks;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The way that is measured, and a Redis server that nobody else uses. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls start
public class Contender {

    @Param
    public Way way;

    @Param("NONE")
    public Durability durability;

    private final LongAdder updates = new LongAdder();
    private final List<SharedState> clients = new ArrayList<>();
    private RedisServer server;
    private SharedState state;

    @Setup
    public void start() {
        server = RedisServer.start(durability);
        state = open();
    }

    /** Another client of the same state; closed when the run is over. */
    SharedState open() {
        SharedState opened = way.open(uri());
        clients.add(opened);
        return opened;
    }

    String uri() {
        return server.uri();
    }

    void increment() {
        state.increment();
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
        }
    }
}
