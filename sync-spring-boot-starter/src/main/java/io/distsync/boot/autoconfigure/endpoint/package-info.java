/** The Actuator endpoint of the synchronisation service. */
@NullMarked
package io.distsync.boot.autoconfigure.endpoint;

import org.jspecify.annotations.NullMarked;
