package io.distsync.election;

import io.distsync.LocalFixture;
import io.distsync.ServiceFixture;

class LocalElectionConformanceTest extends ElectionConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new LocalFixture();
    }
}
