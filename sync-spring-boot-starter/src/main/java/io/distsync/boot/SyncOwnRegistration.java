package io.distsync.boot;

import io.distsync.registry.Registration;

/**
 * Knows the registration of this application, made if {@code sync.registry.register} is set. With it, weight, metadata and
 * status are changed while the application runs. Safe to share between threads.
 */
public interface SyncOwnRegistration {

    /**
     * The registration. The application closes it at its end.
     *
     * @throws IllegalStateException if the web server is not up yet
     */
    Registration current();
}
