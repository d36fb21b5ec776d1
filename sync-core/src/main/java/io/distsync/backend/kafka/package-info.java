/** The backend that keeps topics in Redis and broadcasts their changes by Kafka. */
@NullMarked
package io.distsync.backend.kafka;

import org.jspecify.annotations.NullMarked;
