/** Counters that hold in a whole cluster. */
@NullMarked
package io.distsync.counter;

import org.jspecify.annotations.NullMarked;
