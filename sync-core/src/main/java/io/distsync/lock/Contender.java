package io.distsync.lock;

/**
 * What the store has of somebody who holds a lock or waits for it.
 *
 * @param owner for people: the process it is in
 */
public record Contender(String owner) {}
