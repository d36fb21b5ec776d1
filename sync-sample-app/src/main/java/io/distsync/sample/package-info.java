/** An application that shows the synchronisation service at work. */
@NullMarked
package io.distsync.sample;

import org.jspecify.annotations.NullMarked;
