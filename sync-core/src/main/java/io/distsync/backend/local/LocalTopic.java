package io.distsync.backend.local;

import io.distsync.backend.Change;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.support.Audience;
import io.distsync.backend.support.Follower;
import io.distsync.backend.support.TopicStore;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One topic in memory: its store, its lock, its followers. */
final class LocalTopic implements Consumer<List<Change>> {

    /*
     * Threads. The monitor of this object guards the store and the list of followers. Changes are handed to followers
     * while it is held, so every follower gets them in commit order and before the commit is acknowledged: local views
     * are never behind what any caller was told. Followers never block and never take the monitor of another topic.
     *
     * The clock is read only where something in the topic depends on the time; reading it on every commit would cost
     * as much as a third of the commit.
     */

    private final TimeSource time;
    private final TopicStore store;
    private @Nullable Audience audience;
    private boolean dropped;
    private boolean watched;

    LocalTopic(String name, long epoch, Version horizon, TimeSource time) {
        this.time = time;
        this.store = new TopicStore(name, epoch, horizon, this);
    }

    /** Whether the topic was dropped and must be looked up again; asked while holding the monitor. */
    boolean isDropped() {
        return dropped;
    }

    CommitResult commit(Commit commit) {
        return store.commit(commit, isTimed(commit) ? time.epochMillis() : 0);
    }

    Page read(Selection selection) {
        return store.read(selection, now());
    }

    History history(Version after, int limit) {
        return store.history(after, limit);
    }

    boolean keepAlive(String key, String leaseId) {
        return store.keepAlive(key, leaseId, time.epochMillis());
    }

    Version head() {
        return store.head();
    }

    void add(Follower follower, Scope scope) {
        Audience present = audience == null ? new Audience() : audience;
        present.add(follower, scope);
        audience = present;
    }

    void remove(Follower follower, Scope scope) {
        if (audience != null) {
            audience.remove(follower, scope);
        }
    }

    private boolean isFollowed() {
        return audience != null && !audience.isEmpty();
    }

    /** Marks the topic as dropped if nothing was ever committed to it and nobody follows it any more. */
    boolean dropIfUnused() {
        dropped |= !isFollowed() && store.isUnused();
        return dropped;
    }

    /** Expires what is due; true if there is more of it at this moment. */
    boolean sweep() {
        long now = time.epochMillis();
        store.sweep(now, TopicStore.MAX_SWEEP);
        return store.nextDueMillis() <= now;
    }

    /** Marks the topic as dropped if it is idle; the caller then forgets it. */
    boolean dropIfIdle() {
        dropped |= !isFollowed() && store.isIdle(time.epochMillis());
        return dropped;
    }

    /** Whether anything in the topic depends on the time: then the sweeper has to look at it. */
    boolean dependsOnTime() {
        return store.nextDueMillis() != Long.MAX_VALUE || store.isTimed();
    }

    /** Sets the mark that the sweeper knows this topic; true if it was not set before. */
    boolean markWatched(boolean now) {
        boolean before = watched;
        watched = now;
        return !before;
    }

    /** Takes the changes of a commit from the store. */
    @Override
    public void accept(List<Change> changes) {
        if (audience != null) {
            audience.tell(changes);
        }
    }

    private long now() {
        return dependsOnTime() ? time.epochMillis() : 0;
    }

    private boolean isTimed(Commit commit) {
        if (commit.options().isTimed() || dependsOnTime()) {
            return true;
        }
        List<Mutation> mutations = commit.mutations();
        for (int i = 0; i < mutations.size(); i++) {
            if (mutations.get(i).lease() instanceof LeaseRule.Set) {
                return true;
            }
        }
        return false;
    }
}
