/** The registry behind the interfaces of Spring Cloud. */
@NullMarked
package io.distsync.boot.autoconfigure.cloud;

import org.jspecify.annotations.NullMarked;
