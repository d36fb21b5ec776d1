/** Real Redis servers, started and ended by the tests themselves. */
@NullMarked
package io.distsync.testsupport.redis;

import org.jspecify.annotations.NullMarked;
