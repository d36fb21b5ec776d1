/** Topics on Redis; not complete yet, and therefore nothing of it is public. */
@NullMarked
package io.distsync.backend.redis;

import org.jspecify.annotations.NullMarked;
