package io.distsync.testsupport.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.fault.LoggingFaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/** A Kafka broker in this JVM: quick to start and to stop, but it can be neither killed nor paused. */
public final class EmbeddedKafka implements KafkaBroker {

    /*
     * Threads. Some sixty of the broker's while it is up, and two of its metrics' that stay, both daemons; calls
     * must come one at a time.
     *
     * Put together from the parts of KafkaRaftServer, which does the same but for one thing: there a fault that a
     * broker does not survive halts the JVM, which is that of the tests and would say nothing. Here it is logged.
     */

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);

    private final BrokerFolder folder;
    private @Nullable Servers servers;

    private EmbeddedKafka(BrokerFolder folder) {
        this.folder = folder;
    }

    /**
     * A running broker.
     *
     * @param properties of a broker's configuration, on top of the defaults: {@code "log.retention.ms=1000"}
     * @throws RuntimeException what Kafka says on properties it does not accept
     */
    public static EmbeddedKafka launch(String... properties) {
        EmbeddedKafka kafka = new EmbeddedKafka(BrokerFolder.create(properties));
        try {
            kafka.start();
            return kafka;
        } finally {
            if (kafka.servers == null) {
                kafka.close();
            }
        }
    }

    @Override
    public String bootstrapServers() {
        return folder.bootstrapServers();
    }

    @Override
    public int port() {
        return folder.port();
    }

    @Override
    public void start() {
        if (servers != null) {
            throw new IllegalStateException("the broker is running already");
        }
        Servers starting = Servers.of(folder);
        try {
            starting.start();
            servers = starting;
        } finally {
            if (servers == null) {
                starting.stop();
            }
        }
    }

    @Override
    public void stop() {
        Servers running = servers;
        servers = null;
        if (running != null) {
            running.stop();
        }
    }

    @Override
    public void close() {
        stop();
        folder.delete();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "EmbeddedKafka[%d, %s]", port(), servers == null ? "down" : "up");
    }

    /** One run from start to stop: these objects are good for one. */
    private record Servers(SharedServer shared, ControllerServer controller, BrokerServer broker) {

        static Servers of(BrokerFolder folder) {
            KafkaConfig config = KafkaConfig.fromProps(load(folder), false);
            Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> stored =
                    KafkaRaftServer.initializeLogDirs(config, LOG, "");
            SharedServer shared = new SharedServer(
                    config,
                    stored._1(),
                    Time.SYSTEM,
                    Server.initializeMetrics(config, Time.SYSTEM, folder.clusterId()),
                    CompletableFuture.completedFuture(QuorumConfig.parseVoterConnections(
                            config.quorumConfig().voters())),
                    List.of(),
                    (name, fatal, action) -> new LoggingFaultHandler(name, action),
                    ServerSocketFactory.INSTANCE);
            return new Servers(
                    shared,
                    new ControllerServer(shared, KafkaRaftServer.configSchema(), stored._2()),
                    new BrokerServer(shared));
        }

        private static Properties load(BrokerFolder folder) {
            try {
                return Utils.loadProps(folder.configuration().toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The broker finds the quorum through the controller in its JVM, so that one comes first. */
        void start() {
            controller.startup();
            broker.startup();
        }

        /**
         * The broker asks the controller for leave to go, so that one comes last. A broker that failed while it
         * started has given up by then, perhaps without letting go of what both share.
         */
        void stop() {
            try {
                broker.shutdown();
            } finally {
                controller.shutdown();
                shared.stopForBroker();
            }
        }
    }
}
