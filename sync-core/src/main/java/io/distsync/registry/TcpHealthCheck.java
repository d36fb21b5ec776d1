package io.distsync.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Connects, and hangs up. Blocks the thread it is given. */
final class TcpHealthCheck implements HealthCheck {

    @Override
    public CompletionStage<?> check(ServiceInstance instance, Duration timeout) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(instance.host(), instance.port()), Math.toIntExact(timeout.toMillis()));
        }
        return CompletableFuture.completedFuture(null);
    }
}
