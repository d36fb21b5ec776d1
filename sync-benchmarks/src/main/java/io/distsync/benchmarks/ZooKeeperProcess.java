package io.distsync.benchmarks;

import io.distsync.testsupport.net.Ports;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper server in a JVM of its own, on loopback. It writes its log, as it has to, but does not wait for the disk, as none
 * of the other servers does here. Ends with this process at the latest.
 */
final class ZooKeeperProcess implements AutoCloseable {

    /** It keeps the last 500 writes in memory, for replicas that are behind, and each may have a megabyte. */
    private static final List<String> OPTIONS = List.of("-Xms512m", "-Xmx2g", "-Dzookeeper.forceSync=no");

    private static final int TICK_MILLIS = 2_000;
    private static final int MOST_CLIENTS = 1_000;

    private final String address;
    private final Peer process;

    private ZooKeeperProcess(int port) {
        address = "127.0.0.1:" + port;
        process = Peer.start(OPTIONS, ZooKeeperProcess.class, Integer.toString(port));
    }

    static ZooKeeperProcess launch() {
        return new ZooKeeperProcess(Ports.free());
    }

    /** {@code host:port}. */
    String address() {
        return address;
    }

    @Override
    public void close() {
        process.close();
    }

    /** Argument: the port. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("zookeeper-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder), "zookeeper-at-exit"));
        InetSocketAddress address =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
        int status = 1;
        try {
            ServerCnxnFactory connections = ServerCnxnFactory.createFactory(address, MOST_CLIENTS);
            connections.startup(new ZooKeeperServer(folder.toFile(), folder.toFile(), TICK_MILLIS));
            System.out.println(Peer.DONE);
            while (System.in.read() >= 0) {
                // until the process that started this one has ended
            }
            status = 0;
        } catch (Exception | Error e) {
            LoggerFactory.getLogger(ZooKeeperProcess.class).error("no ZooKeeper", e);
        }
        System.exit(status); // the server's threads would go on
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            // left to the system: it is in the folder for what is temporary
        }
    }
}
