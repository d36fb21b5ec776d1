/** Leader election: one leader of a name at a time in a whole cluster, with terms, priorities and fencing tokens. */
@NullMarked
package io.distsync.election;

import org.jspecify.annotations.NullMarked;
