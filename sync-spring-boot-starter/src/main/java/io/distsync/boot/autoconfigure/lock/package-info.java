/** Locks around methods, and for libraries that have an interface for locks. */
@NullMarked
package io.distsync.boot.autoconfigure.lock;

import org.jspecify.annotations.NullMarked;
