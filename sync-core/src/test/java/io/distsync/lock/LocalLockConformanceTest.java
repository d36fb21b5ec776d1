package io.distsync.lock;

import io.distsync.LocalFixture;
import io.distsync.ServiceFixture;

class LocalLockConformanceTest extends LockConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new LocalFixture();
    }
}
