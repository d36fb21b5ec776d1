package io.distsync.boot.autoconfigure.cloud;

import io.distsync.boot.SyncOwnRegistration;
import java.net.URI;
import java.util.Map;
import org.springframework.cloud.client.serviceregistry.Registration;

/** The application's own registration as Spring Cloud sees it; there is none until the web server is up. */
final class CloudRegistration implements Registration {

    private final SyncOwnRegistration own;

    CloudRegistration(SyncOwnRegistration own) {
        this.own = own;
    }

    private CloudInstance now() {
        return CloudInstance.of(own.current().instance());
    }

    @Override
    public String getInstanceId() {
        return now().getInstanceId();
    }

    @Override
    public String getServiceId() {
        return now().getServiceId();
    }

    @Override
    public String getHost() {
        return now().getHost();
    }

    @Override
    public int getPort() {
        return now().getPort();
    }

    @Override
    public boolean isSecure() {
        return now().isSecure();
    }

    @Override
    public URI getUri() {
        return now().getUri();
    }

    @Override
    public Map<String, String> getMetadata() {
        return now().getMetadata();
    }

    @Override
    public String getScheme() {
        return now().getScheme();
    }
}
