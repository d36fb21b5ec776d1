package io.distsync.backend.kafka;

import io.distsync.backend.Change;
import io.distsync.backend.redis.Broadcaster;
import java.util.List;

/** Commits, and never broadcasts. */
final class Mute implements Broadcaster {

    @Override
    public boolean isAble() {
        return false;
    }

    @Override
    public boolean brings(String topic) {
        return false;
    }

    @Override
    public void broadcast(String topic, List<Change> commit) {
        throw new AssertionError("it said that it is not able to");
    }
}
