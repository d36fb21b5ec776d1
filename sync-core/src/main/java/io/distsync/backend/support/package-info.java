/** What backends share: the deterministic topic store, and the follower with its sequencers. */
@NullMarked
package io.distsync.backend.support;

import org.jspecify.annotations.NullMarked;
