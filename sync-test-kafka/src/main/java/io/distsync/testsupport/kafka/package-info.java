/** A real Kafka broker, started and ended by the tests themselves: in their JVM, or as a process of its own. */
@NullMarked
package io.distsync.testsupport.kafka;

import org.jspecify.annotations.NullMarked;
