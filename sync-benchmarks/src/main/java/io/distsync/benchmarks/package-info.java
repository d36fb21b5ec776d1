/** Benchmarks of the synchronisation service beside what it competes with, and the runner that compares them. */
@NullMarked
package io.distsync.benchmarks;

import org.jspecify.annotations.NullMarked;
