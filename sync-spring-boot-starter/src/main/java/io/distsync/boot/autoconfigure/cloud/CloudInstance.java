package io.distsync.boot.autoconfigure.cloud;

import io.distsync.registry.ServiceInstance;
import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An instance as Spring Cloud sees it.
 *
 * @param metadata of the instance, with its weight, zone and pool under the keys that Spring Cloud LoadBalancer reads
 */
record CloudInstance(ServiceInstance instance, Map<String, String> metadata)
        implements org.springframework.cloud.client.ServiceInstance {

    static CloudInstance of(ServiceInstance instance) {
        Map<String, String> metadata = new LinkedHashMap<>(instance.metadata());
        metadata.put("weight", String.valueOf(instance.weight()));
        putText(metadata, "zone", instance.zone());
        putText(metadata, "pool", instance.pool());
        return new CloudInstance(instance, Collections.unmodifiableMap(metadata));
    }

    private static void putText(Map<String, String> metadata, String key, String value) {
        if (!value.isEmpty()) {
            metadata.put(key, value);
        }
    }

    static List<org.springframework.cloud.client.ServiceInstance> all(List<ServiceInstance> instances) {
        return instances.stream()
                .<org.springframework.cloud.client.ServiceInstance>map(CloudInstance::of)
                .toList();
    }

    @Override
    public String getInstanceId() {
        return instance.id();
    }

    @Override
    public String getServiceId() {
        return instance.service();
    }

    @Override
    public String getHost() {
        return instance.host();
    }

    @Override
    public int getPort() {
        return instance.port();
    }

    @Override
    public boolean isSecure() {
        return instance.secure();
    }

    @Override
    public URI getUri() {
        return org.springframework.cloud.client.ServiceInstance.createUri(this);
    }

    @Override
    public Map<String, String> getMetadata() {
        return metadata;
    }

    @Override
    public String getScheme() {
        return instance.secure() ? "https" : "http";
    }
}
