package io.distsync.testsupport.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Free ports on loopback. */
public final class Ports {

    // Below the range from which systems take the ports of outgoing connections.
    private static final int LOWEST = 11_000;
    private static final int HIGHEST = 20_000;
    private static final int TRIES = 200;

    private Ports() {}

    /** A port on which nobody listens, nor on each of those that many above it. */
    public static int free(int... offsets) {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
            boolean free = isFree(port);
            for (int offset : offsets) {
                free = free && isFree(port + offset);
            }
            if (free) {
                return port;
            }
        }
        throw new IllegalStateException("no free port found from " + LOWEST + " to " + HIGHEST);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
