/** Identity and order of what is stored: versions, and the limits every part checks against. */
@NullMarked
package io.distsync.version;

import org.jspecify.annotations.NullMarked;
