/** The backend that keeps topics in Redis. */
@NullMarked
package io.distsync.backend.redis;

import org.jspecify.annotations.NullMarked;
