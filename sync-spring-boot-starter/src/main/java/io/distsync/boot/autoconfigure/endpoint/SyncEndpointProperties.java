package io.distsync.boot.autoconfigure.endpoint;

import java.util.Set;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the endpoint.
 *
 * @param showValues When to show the values of topics.
 * @param roles Roles that allow a user to see values when they are shown to authorized users only. If empty, every
 *     authenticated user may see them.
 */
@ConfigurationProperties("management.endpoint.sync")
public record SyncEndpointProperties(
        @DefaultValue("never") Show showValues,
        @DefaultValue Set<String> roles) {

    public SyncEndpointProperties {
        roles = Set.copyOf(roles);
    }
}
