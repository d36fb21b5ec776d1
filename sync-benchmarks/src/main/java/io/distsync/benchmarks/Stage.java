package io.distsync.benchmarks;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** What one measurement needs and nobody else has: a Redis server with nothing in it, and clients. */
final class Stage implements AutoCloseable {

    private final RedisServer redis = RedisServer.start(Durability.NONE);
    private final List<Runnable> closings = new ArrayList<>();
    private final Servers servers;

    Stage(Lasting lasting) {
        servers = new Servers(redis.uri(), lasting.kafka(), lasting.zooKeeper() + "/" + UUID.randomUUID());
    }

    /** One more client. */
    SharedState open(Way way) {
        SharedState opened = way.open(servers);
        closings.add(opened::close);
        return opened;
    }

    /** The same for topics. */
    SharedTopics open(TopicsWay way, int topics) {
        SharedTopics opened = way.open(servers, topics);
        closings.add(opened::close);
        return opened;
    }

    /** Clients on so many other nodes; the one there is, if it has all the nodes. */
    List<SharedState> others(Way way, SharedState first, int nodes) {
        return way.isAllNodes()
                ? List.of(first)
                : Stream.generate(() -> open(way)).limit(nodes).toList();
    }

    /** One more client in a process of its own; see {@link Peer#start(List, Way, Servers, int, int)}. */
    Peer start(List<String> options, Way way, int threads, int updates) {
        Peer started = Peer.start(options, way, servers, threads, updates);
        closings.add(started::close);
        return started;
    }

    @Override
    public void close() {
        Collections.reverse(closings);
        try {
            closings.forEach(Runnable::run);
        } finally {
            redis.close();
        }
    }
}
