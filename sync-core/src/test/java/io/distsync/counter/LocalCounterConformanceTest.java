package io.distsync.counter;

import io.distsync.LocalFixture;
import io.distsync.ServiceFixture;

class LocalCounterConformanceTest extends CounterConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new LocalFixture();
    }
}
