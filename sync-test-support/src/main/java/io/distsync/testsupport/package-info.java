/** Helpers for tests: servers, proxies between them and their clients, checkers of recorded histories. */
@NullMarked
package io.distsync.testsupport;

import org.jspecify.annotations.NullMarked;
