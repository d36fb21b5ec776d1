package io.distsync;

import io.distsync.version.Version;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;

/** Tells a listener what happens in a map. */
final class MapListenerTask<V> extends ListenerTask {

    private final MapListener<V> listener;
    private final Broadcast.Cursor<MapItem<V>> cursor;
    private final Rejoin<V> rejoin;
    private final ArrayDeque<MapItem<V>> afterOverrun = new ArrayDeque<>(0); // the running thread's
    private Version told; // the running thread's

    /** Lets a listener that was overrun begin again. */
    interface Rejoin<V> {

        /**
         * Moves the position on.
         *
         * @param told the last version the listener was told
         * @return what the listener is told instead of what it missed
         */
        List<MapItem<V>> rejoin(Broadcast.Cursor<MapItem<V>> cursor, Version told);
    }

    MapListenerTask(
            Topic<V> topic,
            MapListener<V> listener,
            Broadcast.Cursor<MapItem<V>> cursor,
            Version after,
            Rejoin<V> rejoin,
            ServiceContext context) {
        super(topic.name(), listener.getClass().getName(), context);
        this.listener = listener;
        this.cursor = cursor;
        this.told = after;
        this.rejoin = rejoin;
    }

    @Override
    boolean hasWork() {
        return !afterOverrun.isEmpty() || cursor.hasNext();
    }

    @Override
    boolean step() {
        MapItem<V> item = afterOverrun.poll();
        if (item == null) {
            if (!cursor.hasNext()) {
                return false;
            }
            item = cursor.next();
        }
        if (item == null) {
            afterOverrun.addAll(rejoin.rejoin(cursor, told));
        } else {
            tell(item);
        }
        return true;
    }

    private void tell(MapItem<V> item) {
        if (item instanceof MapItem.Changes<V> changes) {
            List<MapChange<V>> list = changes.changes();
            told = list.get(list.size() - 1).versioned().version();
            deliver(changes.headers(), () -> listener.onChanges(list));
        } else if (item instanceof MapItem.Snapshot<V> snapshot) {
            told = snapshot.head();
            deliver(Map.of(), () -> listener.onSnapshot(snapshot.entries(), snapshot.head()));
        } else if (item instanceof MapItem.Skipped<V> skipped) {
            countReset();
            deliver(Map.of(), () -> listener.onReset(skipped.from(), skipped.to()));
        } else if (item instanceof MapItem.State<V> state) {
            deliver(Map.of(), () -> listener.onState(state.state()));
        } else if (item instanceof MapItem.Failed<V> error) {
            report(error.reason());
        }
    }

    @Override
    Delivery delivery() {
        return Delivery.EVERY;
    }

    @Override
    long lag() {
        return cursor.lag();
    }

    @Override
    void onError(Throwable error) {
        listener.onError(error);
    }
}
