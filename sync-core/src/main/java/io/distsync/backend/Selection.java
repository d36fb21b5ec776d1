package io.distsync.backend;

import io.distsync.version.Limits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which entries a read returns. */
public sealed interface Selection {

    /** These keys, as far as they exist, in the order asked. */
    record Keys(List<String> keys) implements Selection {
        private static final Keys NONE = new Keys(List.of());

        public Keys {
            keys = List.copyOf(keys);
            if (keys.size() > Limits.MAX_PAGE) {
                throw new IllegalArgumentException(
                        "at most " + Limits.MAX_PAGE + " keys can be read at once, but got " + keys.size());
            }
        }
    }

    /**
     * Keys with a prefix, in the order of their UTF-16 code units or against it.
     *
     * @param after only keys beyond this one, in the direction of the order; {@code null} to begin at the end
     * @param limit from 1 to {@link Limits#MAX_PAGE}
     */
    record Range(String prefix, @Nullable String after, int limit, Order order) implements Selection {
        public Range {
            if (limit < 1 || limit > Limits.MAX_PAGE) {
                throw new IllegalArgumentException(
                        "limit of a page must be 1 to " + Limits.MAX_PAGE + ", but is " + limit);
            }
        }
    }

    /** Direction of a range. */
    enum Order {
        ASCENDING,
        DESCENDING
    }

    /** Nothing but the head of the topic. */
    static Selection none() {
        return Keys.NONE;
    }

    static Selection keys(String... keys) {
        return new Keys(List.of(keys));
    }

    static Selection keys(List<String> keys) {
        return new Keys(keys);
    }

    /** The first entries under the prefix. */
    static Selection first(String prefix, int limit) {
        return new Range(prefix, null, limit, Order.ASCENDING);
    }

    /** The last entries under the prefix, last one first. */
    static Selection last(String prefix, int limit) {
        return new Range(prefix, null, limit, Order.DESCENDING);
    }
}
