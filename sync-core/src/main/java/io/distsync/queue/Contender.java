package io.distsync.queue;

/**
 * What the store has of somebody who holds something or waits for it.
 *
 * @param owner for people: the process it is in
 * @param permits how many it wants, of a semaphore; 1 for a lock
 * @param shared whether it shares a lock with others who do
 */
public record Contender(String owner, int permits, boolean shared) {}
