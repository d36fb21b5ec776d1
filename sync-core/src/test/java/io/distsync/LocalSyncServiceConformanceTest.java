package io.distsync;

/** The service on the local backend. */
class LocalSyncServiceConformanceTest extends SyncServiceConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new LocalFixture();
    }
}
