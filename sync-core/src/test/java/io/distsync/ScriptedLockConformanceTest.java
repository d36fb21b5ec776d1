package io.distsync;

import io.distsync.lock.LockConformance;

/** Locks on a store that lies behind a connection: feeds lag, connections break. */
class ScriptedLockConformanceTest extends LockConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new ScriptedFixture();
    }
}
