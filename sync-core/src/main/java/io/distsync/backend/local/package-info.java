/** The backend that keeps every topic in the memory of this process. */
@NullMarked
package io.distsync.backend.local;

import org.jspecify.annotations.NullMarked;
