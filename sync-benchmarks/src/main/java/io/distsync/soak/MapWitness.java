package io.distsync.soak;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.version.Version;
import java.util.List;

/** A listener of a map that checks the order of what it is told. */
class MapWitness<V> implements MapListener<V> {

    /*
     * Threads. Calls for one listener never overlap, and each happens before the next.
     */

    private final World world;
    private final String name;
    private Version last = Version.ABSENT;

    MapWitness(World world, String name) {
        this.world = world;
        this.name = name;
    }

    World world() {
        return world;
    }

    String name() {
        return name;
    }

    @Override
    public void onSnapshot(List<MapEntry<V>> entries, Version head) {
        if (last.isNewerThan(head)) {
            world.alarm().raise(name + ": a snapshot as of " + head + " after " + last);
        }
        last = head;
    }

    @Override
    public void onChanges(List<MapChange<V>> changes) {
        for (MapChange<V> change : changes) {
            world.told().add("changes of maps");
            Version now = change.versioned().version();
            if (!now.isNewerThan(last)) {
                world.alarm().raise(name + ": " + now + " is not newer than " + last + ", which was told before");
            }
            last = now;
        }
    }

    @Override
    public void onReset(Version from, Version to) {
        world.told().add("resets");
    }

    @Override
    public void onError(Throwable error) {
        world.alarm().raise(name, error);
    }
}
