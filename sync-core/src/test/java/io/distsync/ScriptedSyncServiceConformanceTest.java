package io.distsync;

/** The service on a store that lies behind a connection: payloads are bytes, feeds lag, connections break. */
class ScriptedSyncServiceConformanceTest extends SyncServiceConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new ScriptedFixture();
    }
}
