package io.distsync.soak;

import java.util.ArrayList;
import java.util.List;

/** What went wrong. The first thing ends the run; what follows may be a consequence. */
final class Alarm {

    /*
     * Threads. Anybody may raise it; the monitor guards the list.
     */

    private static final int MOST = 20;

    private final List<String> reasons = new ArrayList<>();

    synchronized void raise(String reason) {
        if (reasons.size() < MOST) {
            reasons.add(reason);
        }
        notifyAll();
    }

    /** Something was thrown that nobody expects. */
    void raise(String where, Throwable thrown) {
        StringBuilder text = new StringBuilder(where).append(": ").append(thrown);
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each != thrown) {
                text.append("; caused by ").append(each);
            }
            for (int i = 0; i < Math.min(6, each.getStackTrace().length); i++) {
                text.append("\n    at ").append(each.getStackTrace()[i]);
            }
        }
        raise(text.toString());
    }

    synchronized boolean isRaised() {
        return !reasons.isEmpty();
    }

    synchronized List<String> reasons() {
        return List.copyOf(reasons);
    }

    /** Waits for it, for so long at most. */
    synchronized boolean await(long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (reasons.isEmpty()) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
