/** What Spring applications use in their own code: listener methods and their control. */
@NullMarked
package io.distsync.boot;

import org.jspecify.annotations.NullMarked;
