/** The application of the guide's first section: a package of its own, because it is searched for components. */
@NullMarked
package io.distsync.boot.first.docs;

import org.jspecify.annotations.NullMarked;
