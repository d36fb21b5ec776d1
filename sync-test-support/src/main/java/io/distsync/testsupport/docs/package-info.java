/** The documents and sources of the repository, for tests that compare them. */
@NullMarked
package io.distsync.testsupport.docs;

import org.jspecify.annotations.NullMarked;
