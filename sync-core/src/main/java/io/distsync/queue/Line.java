package io.distsync.queue;

import io.distsync.SyncMap;
import io.distsync.backend.Subscription;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What this node has to do with one queue: the places of its own contenders, by their keys. */
public final class Line {

    /*
     * Threads. The monitor guards the places, and what each claim says it does. How many claims there are is counted by whoever
     * keeps the lines.
     */

    private final LeaseQueues queues;
    private final String name;
    private final SyncMap<Contender> map;
    private final LineCommits commits;
    private final Map<String, Place> places = new HashMap<>();

    Line(LeaseQueues queues, String name, SyncMap<Contender> map) {
        this.queues = queues;
        this.name = name;
        this.map = map;
        this.commits = new LineCommits(queues, map);
    }

    public String name() {
        return name;
    }

    public SyncMap<Contender> map() {
        return map;
    }

    LeaseQueues queues() {
        return queues;
    }

    LineCommits commits() {
        return commits;
    }

    /** A claim that is here already stays for longer. */
    void enter() {
        queues.stay(name);
    }

    /** A claim has nothing to do with the store any more. */
    void leave() {
        queues.leave(name);
    }

    synchronized void add(Place place) {
        places.put(place.key(), place);
    }

    synchronized void remove(Place place) {
        places.remove(place.key(), place);
    }

    /** The place of this node under that key; {@code null} if it is of another node, or was given up. */
    public synchronized @Nullable Place place(String key) {
        return places.get(key);
    }

    /**
     * Tells the successor when the place under that key is given up, if it is one of this node, until what is returned is
     * closed.
     *
     * @return {@code null} if it is not of this node
     */
    public synchronized @Nullable Subscription onEnd(String key, Place.Successor successor) {
        Place place = places.get(key);
        if (place == null) {
            return null;
        }
        place.add(successor);
        return () -> {
            synchronized (this) {
                place.remove(successor);
            }
        };
    }
}
