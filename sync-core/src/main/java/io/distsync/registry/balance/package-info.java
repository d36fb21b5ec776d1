/** Which instance of a service gets the next call, and which gets none for a while because its calls failed. */
@NullMarked
package io.distsync.registry.balance;

import org.jspecify.annotations.NullMarked;
