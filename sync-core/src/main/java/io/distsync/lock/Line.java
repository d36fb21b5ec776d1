package io.distsync.lock;

import io.distsync.SyncMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What this node has to do with one lock: the places of its own contenders in the queue, by their keys. */
final class Line {

    /*
     * Threads. The monitor guards the places, and what each claim says it does. How many claims there are is counted by whoever
     * keeps the lines.
     */

    private final SyncLocks locks;
    private final String name;
    private final SyncMap<Contender> map;
    private final Map<String, Claim.Place> places = new HashMap<>();

    Line(SyncLocks locks, String name, SyncMap<Contender> map) {
        this.locks = locks;
        this.name = name;
        this.map = map;
    }

    String name() {
        return name;
    }

    SyncMap<Contender> map() {
        return map;
    }

    /** A claim that is here already stays for longer. */
    void enter() {
        locks.stay(name);
    }

    /** A claim has nothing to do with the store any more. */
    void leave() {
        locks.leave(name);
    }

    synchronized void add(Claim.Place place) {
        places.put(place.key(), place);
    }

    synchronized void remove(Claim.Place place) {
        places.remove(place.key(), place);
    }

    /** The place of this node under that key. */
    synchronized Claim.@Nullable Place place(String key) {
        return places.get(key);
    }
}
