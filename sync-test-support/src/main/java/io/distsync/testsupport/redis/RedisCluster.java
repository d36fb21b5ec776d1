package io.distsync.testsupport.redis;

import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.ArrayList;
import java.util.List;

/** A Redis Cluster of masters on loopback, each with an equal share of the slots. */
public final class RedisCluster implements AutoCloseable {

    private static final int SLOTS = 16_384;

    private final List<RedisServer> masters;

    private RedisCluster(List<RedisServer> masters) {
        this.masters = List.copyOf(masters);
    }

    /** A cluster in which every node knows every other, and every slot has an owner. */
    public static RedisCluster start(int size, Durability durability) {
        List<RedisServer> masters = new ArrayList<>();
        RedisCluster cluster;
        try {
            for (int i = 0; i < size; i++) {
                masters.add(RedisServer.start(
                        durability,
                        "cluster-enabled yes",
                        "cluster-node-timeout 1500",
                        "cluster-config-file nodes.conf"));
            }
            cluster = new RedisCluster(masters);
            cluster.join();
        } catch (RuntimeException e) {
            masters.forEach(RedisServer::close);
            throw e;
        }
        return cluster;
    }

    private void join() {
        int size = masters.size();
        for (int i = 0; i < size; i++) {
            RedisServer master = masters.get(i);
            List<String> addSlots = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS")); // ADDSLOTSRANGE came with 7.0
            for (int slot = i * SLOTS / size; slot < (i + 1) * SLOTS / size; slot++) {
                addSlots.add(Integer.toString(slot));
            }
            master.call(addSlots.toArray(String[]::new));
            master.call("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
        }
        for (RedisServer master : masters.subList(1, size)) {
            masters.get(0).call("CLUSTER", "MEET", "127.0.0.1", Integer.toString(master.port()));
        }
        for (RedisServer master : masters) {
            master.await("cluster_state:ok", "CLUSTER", "INFO");
            master.await("cluster_known_nodes:" + size, "CLUSTER", "INFO");
        }
    }

    public List<RedisServer> masters() {
        return masters;
    }

    /** Whether channels belong to shards, as they do from 7.0 on; the library refuses a cluster without. */
    public boolean hasShardedChannels() {
        return !String.valueOf(masters.get(0).call("INFO", "server")).contains("redis_version:6.");
    }

    @Override
    public void close() {
        masters.forEach(RedisServer::close);
    }
}
