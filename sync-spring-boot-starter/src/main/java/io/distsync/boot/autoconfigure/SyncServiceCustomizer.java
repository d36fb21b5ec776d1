package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;

/**
 * Changes settings of the auto-configured {@link SyncService} before it is built. Beans of this type are applied in
 * their order, after the properties.
 */
@FunctionalInterface
public interface SyncServiceCustomizer {

    void customize(SyncService.Builder builder);
}
