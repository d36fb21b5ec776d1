package io.distsync.benchmarks;

/**
 * How long something is measured.
 *
 * @param warmUpMillis before that, of the same work
 */
record Span(long warmUpMillis, long millis) {}
