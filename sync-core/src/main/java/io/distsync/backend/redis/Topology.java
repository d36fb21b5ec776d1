package io.distsync.backend.redis;

import io.distsync.error.BackendUnavailableException;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which server holds which topic. */
interface Topology {

    /** Begins to connect; returns at once. */
    void start();

    /** The server of a slot, or {@code null} if none is known at the moment. */
    @Nullable
    Server at(int slot);

    /** Completes when it makes sense to ask {@link #at} again, which is at once unless a first look is under way. */
    CompletionStage<Void> known();

    /** Uses the server of a slot, as soon as the map of a cluster is known for the first time. */
    default <R> CompletionStage<R> on(int slot, Function<Server, CompletionStage<R>> use) {
        Server server = at(slot);
        return server != null
                ? use.apply(server)
                : known().thenCompose(known -> {
                    Server later = at(slot);
                    return later != null
                            ? use.apply(later)
                            : CompletableFuture.failedFuture(
                                    new BackendUnavailableException("no server is known for slot " + slot));
                });
    }

    /** A server gave to understand that it is not the one that holds what it was asked for. */
    void misled();

    /** Since when a part of the store cannot be reached, or {@code null} while all of it can. */
    @Nullable
    Instant unreachableSince();

    /** For operators; no secrets. */
    Map<String, String> details();

    /** Ends every connection; completes when they are closed. */
    CompletableFuture<Void> close();
}
