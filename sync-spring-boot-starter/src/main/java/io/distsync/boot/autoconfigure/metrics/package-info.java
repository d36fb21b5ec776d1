/** The meters of the synchronisation service. */
@NullMarked
package io.distsync.boot.autoconfigure.metrics;

import org.jspecify.annotations.NullMarked;
