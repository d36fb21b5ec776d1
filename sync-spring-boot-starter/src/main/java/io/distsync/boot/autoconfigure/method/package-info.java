/** Annotations on methods of beans: reading them, and standing in between. */
@NullMarked
package io.distsync.boot.autoconfigure.method;

import org.jspecify.annotations.NullMarked;
