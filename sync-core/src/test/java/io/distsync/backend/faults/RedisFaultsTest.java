package io.distsync.backend.faults;

/** The faults on Redis alone. */
class RedisFaultsTest extends StoreFaults {}
