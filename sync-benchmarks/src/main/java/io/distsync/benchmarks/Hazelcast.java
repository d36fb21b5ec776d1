package io.distsync.benchmarks;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import io.distsync.testsupport.net.Ports;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two members in this process that talk over loopback. The state has its synchronous backup, Hazelcast's default; one half
 * of the updates enters at the member that holds it, the other at the member that holds the backup.
 */
final class Hazelcast implements SharedState {

    private static final String KEY = "app_state";
    private static final Increment INCREMENT = new Increment();

    private final List<HazelcastInstance> members;
    private final List<IMap<String, AppState>> maps;

    Hazelcast() {
        List<Integer> ports = List.of(Ports.free(), Ports.free());
        List<String> addresses = ports.stream().map(port -> "127.0.0.1:" + port).toList();
        members = ports.stream()
                .map(port -> com.hazelcast.core.Hazelcast.newHazelcastInstance(config(port, addresses)))
                .toList();
        Checks.eventually(
                "two members",
                () -> members.stream()
                        .allMatch(member -> member.getCluster().getMembers().size() == 2));
        maps = members.stream()
                .map(member -> member.<String, AppState>getMap("states"))
                .toList();
    }

    private static Config config(int port, List<String> addresses) {
        Config config = new Config();
        config.setClusterName(String.join("-", addresses));
        Map.of(
                        "hazelcast.logging.type", "slf4j",
                        "hazelcast.phone.home.enabled", "false",
                        "hazelcast.socket.bind.any", "false",
                        "hazelcast.wait.seconds.before.join", "0")
                .forEach(config::setProperty);
        NetworkConfig network = config.getNetworkConfig().setPort(port).setPortAutoIncrement(false);
        network.getInterfaces().setEnabled(true).addInterface("127.0.0.1");
        JoinConfig join = network.getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true).setMembers(addresses);
        return config;
    }

    @Override
    public void increment() {
        maps.get(ThreadLocalRandom.current().nextInt(maps.size())).executeOnKey(KEY, INCREMENT);
    }

    @Override
    public void check(long updates) {
        Stream.of(maps.get(0), maps.get(1)).forEach(map -> {
            AppState held = map.get(KEY);
            Checks.same("counter", held == null ? 0 : held.counter(), updates);
        });
    }

    @Override
    public void close() {
        members.forEach(member -> member.getLifecycleService().terminate()); // without moving the state away first
    }

    /** Runs where the state is, and again where its backup is. */
    private record Increment() implements EntryProcessor<String, AppState, Void> {

        @Override
        public @Nullable Void process(Map.Entry<String, @Nullable AppState> entry) {
            AppState held = entry.getValue();
            entry.setValue((held == null ? new AppState() : held).incremented());
            return null;
        }
    }
}
