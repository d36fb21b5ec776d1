package io.distsync.boot.autoconfigure;

/** A state without topic and without initial value. */
record Room(String name) {}
