package io.distsync.soak;

import io.distsync.lease.FencingToken;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who holds one lock, permit or term, as the holders see it: all of them are in this process, so whether two are valid at
 * once can be seen.
 */
final class Holders {

    /*
     * Threads. Each holder enters and leaves by its own thread, under the monitor: enters when it was told, and leaves before
     * it gives back. What is not valid once never is again, so those that are found valid one after the other, while one of
     * them enters, were valid together when it did.
     */

    private final String name;
    private final int most;
    private final List<Holder> holders = new ArrayList<>();
    private @Nullable FencingToken newest;

    /**
     * One of them.
     *
     * @param shared whether it may be together with others of that kind, however many
     */
    record Holder(BooleanSupplier valid, boolean shared, int weight) {}

    Holders(String name, int most) {
        this.name = name;
        this.most = most;
    }

    /** The name of what is held. */
    String name() {
        return name;
    }

    /**
     * Somebody was told that he holds it.
     *
     * @param token if it has one, and is alone
     * @return what is wrong, or {@code null}
     */
    synchronized @Nullable String enter(Holder holder, @Nullable FencingToken token) {
        holders.removeIf(other -> !other.valid.getAsBoolean());
        String wrong = null;
        if (token != null && newest != null && token.compareTo(newest) <= 0 && holder.valid.getAsBoolean()) {
            wrong = name + " was granted with token " + token + ", though one with " + newest + " was granted before";
        }
        if (token != null && (newest == null || token.compareTo(newest) > 0)) {
            newest = token;
        }
        int taken = holders.stream()
                .filter(other -> !(holder.shared && other.shared))
                .mapToInt(Holder::weight)
                .sum();
        if (taken + holder.weight > most && holder.valid.getAsBoolean()) {
            wrong = name + " has " + (taken + holder.weight) + " valid holders, but may have " + most;
        }
        holders.add(holder);
        return wrong;
    }

    synchronized void leave(Holder holder) {
        holders.remove(holder);
    }

    /** How many are valid. */
    synchronized int valid() {
        holders.removeIf(other -> !other.valid.getAsBoolean());
        return holders.size();
    }
}
