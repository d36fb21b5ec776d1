/** What can go wrong, named by what the caller knows afterwards. */
@NullMarked
package io.distsync.error;

import org.jspecify.annotations.NullMarked;
