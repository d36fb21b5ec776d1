package io.distsync.semaphore;

import io.distsync.LocalFixture;
import io.distsync.ServiceFixture;

class LocalSemaphoreConformanceTest extends SemaphoreConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new LocalFixture();
    }
}
