package io.distsync.benchmarks;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.distsync.testsupport.net.Ports;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Two members in this process that talk over loopback. The state has its synchronous backup, Hazelcast's default; one half
 * of the updates enters at the member that holds it, the other at the member that holds the backup, unless all of them are to
 * enter at the one and be told at the other.
 */
final class Hazelcast implements SharedState {

    private static final String KEY = "app_state";
    private static final Increment INCREMENT = new Increment(null);

    private final List<HazelcastInstance> members;
    private final List<IMap<String, AppState>> maps;

    private final int entrances;

    private Hazelcast(int entrances) {
        this.entrances = entrances;
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

    /** Updates enter at either member. */
    static Hazelcast enteredAnywhere() {
        return new Hazelcast(2);
    }

    /** Updates enter at one member; it is the other that tells and is asked. */
    static Hazelcast toldElsewhere() {
        return new Hazelcast(1);
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
        maps.get(entrances == 1 ? 0 : ThreadLocalRandom.current().nextInt(entrances))
                .executeOnKey(KEY, INCREMENT);
    }

    @Override
    public void annotate(String note) {
        maps.get(0).executeOnKey(KEY, new Increment(note));
    }

    @Override
    public void listen(LongConsumer listener) {
        EntryUpdatedListener<String, AppState> updated =
                event -> listener.accept(event.getValue().counter());
        EntryAddedListener<String, AppState> added =
                event -> listener.accept(event.getValue().counter());
        maps.get(1).addEntryListener(added, KEY, true);
        maps.get(1).addEntryListener(updated, KEY, true);
    }

    @Override
    public long fetched() {
        return counter(maps.get(1));
    }

    @Override
    public void check(long updates) {
        maps.forEach(map -> Checks.same("counter", counter(map), updates));
    }

    private static long counter(IMap<String, AppState> map) {
        AppState held = map.get(KEY);
        return held == null ? 0 : held.counter();
    }

    @Override
    public void close() {
        members.forEach(member -> member.getLifecycleService().terminate()); // without moving the state away first
    }

    /**
     * Runs where the state is, and again where its backup is.
     *
     * @param note what to leave, or {@code null}
     */
    private record Increment(@Nullable String note) implements EntryProcessor<String, AppState, Void> {

        @Override
        public @Nullable Void process(Map.Entry<String, @Nullable AppState> entry) {
            AppState held = entry.getValue();
            AppState before = held == null ? new AppState() : held;
            entry.setValue(note == null ? before.incremented() : before.incremented(note));
            return null;
        }
    }
}
