/** Benchmarks of the synchronisation service beside what it competes with. */
@NullMarked
package io.distsync.benchmark;

import org.jspecify.annotations.NullMarked;
