/** A queue in which each place is a leased entry: what locks and semaphores have in common. For recipes, not for applications. */
@NullMarked
package io.distsync.queue;

import org.jspecify.annotations.NullMarked;
