package io.distsync.backend.redis;

import io.distsync.backend.Change;
import java.util.List;

/**
 * Another system that carries the changes of a store to its followers, and to whoever else reads it there. With one, a
 * commit puts its id into the store's {@link Outbox} in the same step, and followers are told over Redis only that there
 * is something new.
 *
 * <p>The methods are called from any thread and must not block.
 */
public interface Broadcaster {

    /**
     * Whether it can take commits now. While it cannot, nobody is asked to broadcast on this node's behalf, and what is in
     * the outbox stays there for others.
     */
    boolean isAble();

    /**
     * Whether it is about to bring changes of a topic to this node by itself. If so, followers wait for a change they heard
     * of for up to a second; if not, they read it from the log at once.
     */
    boolean brings(String topic);

    /**
     * Takes a commit whose broadcast is late: whoever committed it is gone, or nobody did, as with expiries. It may be
     * under way, or done. What is done has to be told to {@link Outbox#confirm}.
     */
    void broadcast(String topic, List<Change> commit);
}
