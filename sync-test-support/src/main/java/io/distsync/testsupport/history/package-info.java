/** Recorded concurrent histories and the check that they are linearizable. */
@NullMarked
package io.distsync.testsupport.history;

import org.jspecify.annotations.NullMarked;
