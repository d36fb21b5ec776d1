/** What backends share: the deterministic topic store and the sequencer. */
@NullMarked
package io.distsync.backend.support;

import org.jspecify.annotations.NullMarked;
