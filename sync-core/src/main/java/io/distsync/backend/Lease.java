package io.distsync.backend;

/**
 * The claim that keeps an entry alive. It survives rewrites of the entry that keep it, and is renewed without a change.
 *
 * @param id chosen by the owner; tells one grant from the next
 */
public record Lease(String topic, String key, String id) {}
