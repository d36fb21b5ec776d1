package io.distsync.sample;

/**
 * The state as the HTTP API shows it.
 *
 * @param value the state; the initial one while nothing is stored
 * @param present whether anything is stored
 * @param version revision of the change that wrote (or deleted) it
 * @param epoch the history that revision belongs to
 * @param status {@code CURRENT}, {@code STALE} or {@code RESYNCING}: how far this node's view can be trusted
 * @param node the node that answers
 */
record StateView(String topic, AppState value, boolean present, long version, long epoch, String status, String node) {}
