/** Micrometer observations of what the synchronisation service does: spans of traces, and timers. */
@NullMarked
package io.distsync.boot.autoconfigure.observation;

import org.jspecify.annotations.NullMarked;
