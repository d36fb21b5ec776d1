/** Leases that are kept alive: what locks, semaphores, elections and registrations have in common. */
@NullMarked
package io.distsync.lease;

import org.jspecify.annotations.NullMarked;
