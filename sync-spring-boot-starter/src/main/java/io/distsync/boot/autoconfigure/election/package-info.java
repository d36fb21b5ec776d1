/** Methods that run only where the application leads. */
@NullMarked
package io.distsync.boot.autoconfigure.election;

import org.jspecify.annotations.NullMarked;
