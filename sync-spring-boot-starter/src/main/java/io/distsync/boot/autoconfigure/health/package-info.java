/** The health of the synchronisation service. */
@NullMarked
package io.distsync.boot.autoconfigure.health;

import org.jspecify.annotations.NullMarked;
