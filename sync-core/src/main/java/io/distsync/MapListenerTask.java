package io.distsync;

import java.util.function.Function;

/** Tells a listener what happens in a map. */
final class MapListenerTask<V> extends ListenerTask {

    private final MapListener<V> listener;
    private final Broadcast.Cursor<MapItem<V>> cursor;
    private final Function<Broadcast.Cursor<MapItem<V>>, MapItem<V>> rejoin;

    MapListenerTask(
            Topic<V> topic,
            MapListener<V> listener,
            Broadcast.Cursor<MapItem<V>> cursor,
            Function<Broadcast.Cursor<MapItem<V>>, MapItem<V>> rejoin,
            ServiceContext context) {
        super(topic.name(), listener.getClass().getName(), context);
        this.listener = listener;
        this.cursor = cursor;
        this.rejoin = rejoin;
    }

    @Override
    boolean hasWork() {
        return cursor.hasNext();
    }

    @Override
    boolean step() {
        if (!cursor.hasNext()) {
            return false;
        }
        MapItem<V> item = cursor.next();
        if (item == null) {
            countReset();
            item = rejoin.apply(cursor);
        }
        tell(item);
        return true;
    }

    private void tell(MapItem<V> item) {
        if (item instanceof MapItem.Changes<V> changes) {
            deliver(() -> listener.onChanges(changes.changes()));
        } else if (item instanceof MapItem.Snapshot<V> snapshot) {
            deliver(() -> listener.onSnapshot(snapshot.entries(), snapshot.head()));
        } else if (item instanceof MapItem.Skipped<V> skipped) {
            countReset();
            deliver(() -> listener.onReset(skipped.from(), skipped.to()));
        } else if (item instanceof MapItem.State<V> state) {
            deliver(() -> listener.onState(state.state()));
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
