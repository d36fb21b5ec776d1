/** Semaphores that hold in a whole cluster. */
@NullMarked
package io.distsync.semaphore;

import org.jspecify.annotations.NullMarked;
