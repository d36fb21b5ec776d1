package io.distsync;

import io.distsync.semaphore.SemaphoreConformance;

/** Semaphores on a store that lies behind a connection: feeds lag, connections break. */
class ScriptedSemaphoreConformanceTest extends SemaphoreConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new ScriptedFixture();
    }
}
