package io.distsync.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Who waits for the store to be told: by the write that is under way, or by the next one. */
final class Askers {

    /*
     * Threads. None of its own: the monitor of the registrant guards it, and nobody is answered here.
     */

    private List<CompletableFuture<RegistrationStatus>> current = new ArrayList<>();
    private List<CompletableFuture<RegistrationStatus>> next = new ArrayList<>();

    /** One more, who waits for the next write. */
    CompletableFuture<RegistrationStatus> add() {
        CompletableFuture<RegistrationStatus> asker = new CompletableFuture<>();
        next.add(asker);
        return asker;
    }

    /** The next write begins: it tells what all of them wait for. */
    void writing() {
        current.addAll(next);
        next = new ArrayList<>();
    }

    /** Those that the current write is about, who are to be answered now. */
    List<CompletableFuture<RegistrationStatus>> takeCurrent() {
        List<CompletableFuture<RegistrationStatus>> taken = current;
        current = new ArrayList<>();
        return taken;
    }

    /** Everybody, to be answered now. */
    List<CompletableFuture<RegistrationStatus>> takeAll() {
        writing();
        return takeCurrent();
    }
}
