package io.distsync;

import io.distsync.backend.FeedState;
import io.distsync.version.Version;
import java.util.List;

/** One thing a {@link MapListener} is told. */
sealed interface MapItem<V> {

    record Snapshot<V>(List<MapEntry<V>> entries, Version head) implements MapItem<V> {}

    record Changes<V>(List<MapChange<V>> changes) implements MapItem<V> {}

    record Skipped<V>(Version from, Version to) implements MapItem<V> {}

    record State<V>(FeedState state) implements MapItem<V> {}

    record Failed<V>(Throwable reason) implements MapItem<V> {}
}
