package io.distsync.registry;

/**
 * What the store has of an instance, under its id.
 *
 * @param registration tells registrations of the same id apart; also the id of the lease
 * @param leaseMillis how long the entry lives without a heartbeat
 */
record Stored(String registration, long leaseMillis, ServiceInstance instance) {}
