/** Instances of services: who is there, how each fares, and which one gets the next call. */
@NullMarked
package io.distsync.registry;

import org.jspecify.annotations.NullMarked;
