package io.distsync.boot.autoconfigure.cloud;

import java.util.List;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;

/** The registry for blocking callers. */
final class SyncDiscoveryClient implements DiscoveryClient {

    private final CloudInstances instances;

    SyncDiscoveryClient(CloudInstances instances) {
        this.instances = instances;
    }

    @Override
    public String description() {
        return "distsync";
    }

    @Override
    public List<ServiceInstance> getInstances(String serviceId) {
        return instances.await(serviceId);
    }

    @Override
    public List<String> getServices() {
        return instances.services();
    }
}
