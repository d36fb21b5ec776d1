package io.distsync.lock;

import io.distsync.SyncMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What this node has to do with one lock: its own contenders, by their keys in the queue. */
final class Line {

    /*
     * Threads. The monitor guards the claims, and what each of them says it does. How many there are is counted by whoever
     * keeps the lines.
     */

    private final SyncLocks locks;
    private final String name;
    private final SyncMap<Contender> map;
    private final Map<String, Claim> claims = new HashMap<>();

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

    /** A claim comes, or comes again. */
    void enter() {
        locks.enter(name);
    }

    /** A claim has nothing to do with the store any more. */
    void leave() {
        locks.leave(name);
    }

    synchronized void add(String key, Claim claim) {
        claims.put(key, claim);
    }

    synchronized void remove(String key) {
        claims.remove(key);
    }

    /** The claim of this node under that key. */
    synchronized @Nullable Claim claim(String key) {
        return claims.get(key);
    }
}
