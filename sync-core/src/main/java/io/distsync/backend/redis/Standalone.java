package io.distsync.backend.redis;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One server holds everything: at an address, or the one that the sentinels name. */
final class Standalone implements Topology {

    private static final CompletionStage<Void> AT_ONCE = CompletableFuture.completedFuture(null);

    private final Server server;

    Standalone(Server server) {
        this.server = server;
    }

    @Override
    public void start() {
        server.start();
    }

    @Override
    public Server at(int slot) {
        return server;
    }

    @Override
    public CompletionStage<Void> known() {
        return AT_ONCE;
    }

    @Override
    public void misled() {
        // the server looks itself up anew whenever it connects
    }

    @Override
    public @Nullable Instant unreachableSince() {
        return server.unreachableSince();
    }

    @Override
    public Map<String, String> details() {
        ServerInfo info = server.info();
        return info == null ? Map.of() : info.details();
    }

    @Override
    public CompletableFuture<Void> close() {
        return server.close();
    }
}
