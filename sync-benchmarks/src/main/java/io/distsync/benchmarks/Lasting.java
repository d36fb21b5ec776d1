package io.distsync.benchmarks;

/**
 * The servers that take long to start, and stay for all measurements of an {@link Overview}.
 *
 * @param kafka {@code host:port}
 * @param zooKeeper {@code host:port}
 */
record Lasting(String kafka, String zooKeeper) {}
