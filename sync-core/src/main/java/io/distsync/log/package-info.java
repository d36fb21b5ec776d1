/** The events that are logged: names that stay the same when texts change. For the library itself. */
@NullMarked
package io.distsync.log;

import org.jspecify.annotations.NullMarked;
