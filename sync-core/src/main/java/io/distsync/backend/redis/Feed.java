package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Scope;
import io.distsync.backend.support.Audience;
import io.distsync.backend.support.Follower;
import io.distsync.version.Version;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The followers of one topic, and what they were told. */
final class Feed {

    /*
     * Threads. Followers come and go on any. Whether the feed is attached changes on the scheduler's thread alone, messages
     * come on one of the driver, and commits that come another way on one of the broadcaster's.
     */

    /** What a head seen by a check means. */
    enum Judgement {
        SEEN,
        DOUBTFUL,
        MISSED
    }

    final String topic;

    /** Where it is subscribed, as soon as that is known; guarded by the monitor of the feeds. */
    @Nullable
    Server home;

    private final Audience audience = new Audience();
    private final Set<Follower> followers = ConcurrentHashMap.newKeySet();

    /** What the last message told, since the channel was subscribed. */
    private volatile @Nullable Version last;

    /** What it was when a head was first in doubt; guarded by this feed's monitor, as the next. */
    private @Nullable Version doubtedAt;

    private boolean doubted;

    /** What was announced last and what was delivered that is newest; guarded by this feed's monitor, as the next. */
    private Version announced = Version.ABSENT;

    private Version delivered = Version.ABSENT;

    /** Whether what was delivered last did not link to what was delivered before: something between may be missing. */
    private boolean torn;

    private boolean awaiting;

    /** Raised with each change; odd while the channel is subscribed. */
    private volatile int attachment;

    Feed(String topic) {
        this.topic = topic;
    }

    void add(Follower follower, Scope scope) {
        audience.add(follower, scope);
        followers.add(follower);
    }

    boolean remove(Follower follower, Scope scope) {
        audience.remove(follower, scope);
        followers.remove(follower);
        return followers.isEmpty();
    }

    boolean isAttached() {
        return (attachment & 1) == 1;
    }

    /** Tells a new follower whether the channel is subscribed; what changes meanwhile may be told twice. */
    void attach(Follower follower) {
        int told;
        do {
            told = attachment;
            if ((told & 1) == 1) {
                follower.connected();
            } else {
                follower.disconnected();
            }
        } while (told != attachment);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
    void setAttached(boolean attached) {
        if (isAttached() != attached) {
            attachment++;
            last = null;
        }
        each(attached ? Follower::connected : Follower::disconnected);
    }

    /** @param inOrder whether messages tell all commits, in the topic's order */
    void tell(Message message, boolean inOrder) {
        last = message.head();
        if (message.changes().isEmpty()) {
            each(follower -> follower.head(message.head()));
        } else if (inOrder) {
            audience.tell(message.changes());
        } else {
            audience.tellAfterGap(message.changes());
        }
    }

    synchronized Judgement judge(Version head) {
        Version now = last;
        if (head.equals(now)) {
            doubted = false;
            return Judgement.SEEN;
        }
        if (!doubted) {
            doubted = true;
            doubtedAt = now;
            return Judgement.DOUBTFUL;
        }
        doubted = false;
        return Objects.equals(doubtedAt, now) ? Judgement.MISSED : Judgement.SEEN;
    }

    /** Notes that a change is on its way; true if nobody waits for one yet. */
    synchronized boolean announce(Version head) {
        announced = head;
        boolean isFirst = !awaiting && (torn || head.isNewerThan(delivered));
        awaiting |= isFirst;
        return isFirst;
    }

    /** By one thread, in whatever order. */
    void deliver(List<Change> commit) {
        Version version = commit.get(commit.size() - 1).version();
        boolean continues;
        synchronized (this) {
            continues = commit.get(0).previousLink() == delivered.link();
            torn |= !continues;
            delivered = version.isNewerThan(delivered) ? version : delivered;
            last = delivered;
        }
        if (continues) {
            audience.tell(commit);
        } else {
            audience.tellAfterGap(commit);
        }
    }

    /** What to wait for after that, or {@code null} if nothing. What did not come is read from the log. */
    @Nullable
    Version afterWaitingFor(Version expected) {
        Version head;
        synchronized (this) {
            head = announced;
            boolean came = !expected.isNewerThan(delivered) && !torn;
            torn = false;
            if (came && head.isNewerThan(delivered)) {
                return head;
            }
            awaiting = false;
            if (came) {
                return null;
            }
        }
        each(follower -> follower.head(head));
        synchronized (this) {
            // Not before: what links to it is told at once. It may be older, as what was delivered may have been of
            // nobody.
            delivered = head;
        }
        return null;
    }

    void each(Consumer<Follower> action) {
        followers.forEach(action);
    }
}
