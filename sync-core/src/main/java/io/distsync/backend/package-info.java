/** The service provider interface: what a store has to do to carry distsync. */
@NullMarked
package io.distsync.backend;

import org.jspecify.annotations.NullMarked;
