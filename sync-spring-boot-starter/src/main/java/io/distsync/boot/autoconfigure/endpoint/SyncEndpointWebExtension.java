package io.distsync.boot.autoconfigure.endpoint;

import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint.TopicDescriptor;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/** The endpoint over HTTP, where values may depend on who asks. */
@EndpointWebExtension(endpoint = SyncEndpoint.class)
public final class SyncEndpointWebExtension {

    private final SyncEndpoint endpoint;
    private final Show showValues;
    private final Set<String> roles;

    /**
     * An extension of the endpoint.
     *
     * @param roles that make a user authorized; empty for any authenticated user
     */
    public SyncEndpointWebExtension(SyncEndpoint endpoint, Show showValues, Set<String> roles) {
        this.endpoint = endpoint;
        this.showValues = showValues;
        this.roles = Set.copyOf(roles);
    }

    /** One topic; unknown ones are answered with 404. */
    @ReadOperation
    public @Nullable TopicDescriptor topic(
            SecurityContext security, @Selector(match = Selector.Match.ALL_REMAINING) String... name) {
        return endpoint.topic(String.join("/", name), showValues.isShown(security, roles));
    }
}
