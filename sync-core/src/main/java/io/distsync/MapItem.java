package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.FeedState;
import io.distsync.version.Version;
import java.util.List;
import java.util.Map;

/** One thing a {@link MapListener} is told. */
sealed interface MapItem<V> {

    record Snapshot<V>(List<MapEntry<V>> entries, Version head) implements MapItem<V> {}

    /** Changes of one commit, with the headers of the first that has any. */
    record Changes<V>(List<MapChange<V>> changes, Map<String, String> headers) implements MapItem<V> {

        static Map<String, String> headers(List<Change> changes) {
            for (int i = 0; i < changes.size(); i++) {
                Map<String, String> headers = changes.get(i).headers();
                if (!headers.isEmpty()) {
                    return headers;
                }
            }
            return Map.of();
        }
    }

    record Skipped<V>(Version from, Version to) implements MapItem<V> {}

    record State<V>(FeedState state) implements MapItem<V> {}

    record Failed<V>(Throwable reason) implements MapItem<V> {}
}
