/** Spring Boot auto-configuration of the synchronisation service. */
@NullMarked
package io.distsync.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
