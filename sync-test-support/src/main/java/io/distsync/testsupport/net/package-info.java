/** Ports, and a proxy that breaks connections on command. */
@NullMarked
package io.distsync.testsupport.net;

import org.jspecify.annotations.NullMarked;
