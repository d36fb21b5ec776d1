/** Locks of a whole cluster, held on leases, with fencing tokens. */
@NullMarked
package io.distsync.lock;

import org.jspecify.annotations.NullMarked;
