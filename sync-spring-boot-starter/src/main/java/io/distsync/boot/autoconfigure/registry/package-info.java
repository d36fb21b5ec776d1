/** The application as an instance of a service in the registry. */
@NullMarked
package io.distsync.boot.autoconfigure.registry;

import org.jspecify.annotations.NullMarked;
