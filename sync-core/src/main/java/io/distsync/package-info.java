/** The synchronisation service, its topics and the versioned values they hold. */
@NullMarked
package io.distsync;

import org.jspecify.annotations.NullMarked;
