/** How values become bytes, for the backends that need bytes. */
@NullMarked
package io.distsync.codec;

import org.jspecify.annotations.NullMarked;
