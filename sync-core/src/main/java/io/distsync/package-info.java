/** Versioned shared state: the service, its topics, and what applications hold of them. */
@NullMarked
package io.distsync;

import org.jspecify.annotations.NullMarked;
