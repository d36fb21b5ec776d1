package io.distsync.testsupport.kafka;

import io.distsync.testsupport.net.Ports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/**
 * What is left of a broker while it is down: its configuration, its data and its ports.
 *
 * @param root all of it, to be deleted as a whole
 * @param port for clients; the controller's is the next one
 * @param clusterId made for this folder, so that no other broker answers with it
 */
record BrokerFolder(Path root, int port, String clusterId) {

    /** Small and fast: one of everything, and a broker which is gone is missed soon, or its restart would wait. */
    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("process.roles", "broker,controller"),
            Map.entry("controller.listener.names", "CONTROLLER"),
            Map.entry("broker.session.timeout.ms", "1500"),
            Map.entry("broker.heartbeat.interval.ms", "300"),
            Map.entry("group.initial.rebalance.delay.ms", "0"),
            Map.entry("auto.create.topics.enable", "false"),
            Map.entry("offsets.topic.num.partitions", "1"),
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("transaction.state.log.num.partitions", "1"),
            Map.entry("transaction.state.log.replication.factor", "1"),
            Map.entry("transaction.state.log.min.isr", "1"),
            Map.entry("share.coordinator.state.topic.num.partitions", "1"),
            Map.entry("share.coordinator.state.topic.replication.factor", "1"),
            Map.entry("share.coordinator.state.topic.min.isr", "1"),
            Map.entry("metric.reporters", ""), // none to JMX
            Map.entry("num.network.threads", "1"),
            Map.entry("num.io.threads", "2"),
            Map.entry("background.threads", "2"),
            // By default 128 MB of heap, taken at the start.
            Map.entry("log.cleaner.dedupe.buffer.size", "4194304"));

    /**
     * A folder of its own in the one for temporary files, formatted for a new cluster.
     *
     * @param properties {@code "key=value"}, on top of the defaults
     */
    static BrokerFolder create(String... properties) {
        try {
            BrokerFolder folder = new BrokerFolder(
                    Files.createTempDirectory("kafka-"),
                    Ports.free(1),
                    Uuid.randomUuid().toString());
            boolean formatted = false;
            try {
                folder.configure(properties);
                folder.format();
                formatted = true;
            } finally {
                if (!formatted) {
                    folder.delete();
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path configuration() {
        return root.resolve("server.properties");
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    private void configure(String... properties) throws IOException {
        Properties all = new Properties();
        all.putAll(DEFAULTS);
        String client = "PLAINTEXT://" + bootstrapServers();
        String controller = "127.0.0.1:" + (port + 1);
        // The port once more: unique, so that brokers in one JVM do not meet in the names of threads and metrics.
        all.setProperty("node.id", Integer.toString(port));
        all.setProperty("controller.quorum.voters", port + "@" + controller);
        all.setProperty("listeners", client + ",CONTROLLER://" + controller);
        all.setProperty("advertised.listeners", client);
        all.setProperty("log.dirs", root.resolve("data").toString());
        for (String property : properties) {
            int equals = property.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("not key=value: " + property);
            }
            all.setProperty(property.substring(0, equals), property.substring(equals + 1));
        }
        try (Writer writer = Files.newBufferedWriter(configuration())) {
            all.store(writer, null);
        }
    }

    private void format() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        String[] arguments = {
            "format", "--cluster-id", clusterId, "--config", configuration().toString()
        };
        int status = StorageTool.execute(arguments, new PrintStream(said, true, StandardCharsets.UTF_8));
        if (status != 0) {
            throw new IllegalStateException(
                    "format ended with " + status + ": " + said.toString(StandardCharsets.UTF_8));
        }
    }

    /** Nothing happens if it is gone already. */
    void delete() {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
