package io.distsync.registry;

import io.distsync.LocalFixture;
import io.distsync.ServiceFixture;

class LocalRegistryConformanceTest extends RegistryConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new LocalFixture();
    }
}
