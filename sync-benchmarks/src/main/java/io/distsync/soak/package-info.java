/** An hour of everything at once, with faults: whether anything grows that should not. */
@NullMarked
package io.distsync.soak;

import org.jspecify.annotations.NullMarked;
