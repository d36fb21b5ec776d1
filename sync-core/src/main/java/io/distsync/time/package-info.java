/** The only code that reads a clock or starts a timer. */
@NullMarked
package io.distsync.time;

import org.jspecify.annotations.NullMarked;
