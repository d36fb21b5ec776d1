package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.FeedState;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One thing a {@link MapListener} is told. */
sealed interface MapItem<V> {

    record Snapshot<V>(List<MapEntry<V>> entries, Version head) implements MapItem<V> {}

    /** Changes of one commit, with the headers of the first that has any. */
    record Changes<V>(List<MapChange<V>> changes, Map<String, String> headers) implements MapItem<V> {

        /** Adds what a commit has changed to a stream; what of it cannot be decoded comes before. */
        static <V> void append(Broadcast<MapItem<V>> stream, TopicFormat<V> format, List<Change> changes) {
            List<MapChange<V>> decoded = new ArrayList<>(changes.size());
            for (Change change : changes) {
                try {
                    decoded.add(format.change(change));
                } catch (UndecodableStateException e) {
                    stream.append(new Failed<>(TopicFormat.at(change.version(), e)));
                }
            }
            if (!decoded.isEmpty()) {
                stream.append(new Changes<>(decoded, headers(changes)));
            }
        }

        private static Map<String, String> headers(List<Change> changes) {
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
