package io.distsync.benchmarks;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where clients find what they share.
 *
 * @param redis {@code redis://host:port}
 * @param kafka {@code host:port} of a broker, or {@code null} if there is none
 * @param zooKeeper {@code host:port/name} of a server and what everything there is kept under, or {@code null} if there is none
 */
record Servers(
        String redis, @Nullable String kafka, @Nullable String zooKeeper) {

    /** The broker, for those who need one. */
    String broker() {
        return Objects.requireNonNull(kafka, "no broker");
    }

    /** The ZooKeeper, likewise. */
    String ensemble() {
        return Objects.requireNonNull(zooKeeper, "no ZooKeeper");
    }
}
