package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Scope;
import io.distsync.backend.support.Audience;
import io.distsync.backend.support.Follower;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The followers of all topics, and what they are told: one channel for each topic somebody follows. */
final class Feeds implements Server.Listener {

    /*
     * Threads. The monitor of this object guards which topics are followed, and the order in which subscriptions are sent,
     * so that the last one sent is the one that holds. It is not held while followers are told anything. Messages come
     * on one thread of the driver, in order; whether a feed is attached changes on the scheduler's thread alone, and a
     * follower that is added meanwhile looks again until it was told what holds (Feed.attach).
     *
     * A follower is connected when the server has confirmed the subscription: everything published from then on reaches
     * it, and what came before it asks the log for. A message that is lost after that shows by the link of the next one,
     * a last one by the check of heads.
     */

    private static final Logger log = LoggerFactory.getLogger(Feeds.class);

    private static final int CHANNELS_A_COMMAND = 256;

    private final Names names;
    private final ConcurrentHashMap<String, Feed> feeds = new ConcurrentHashMap<>();
    private Server.@Nullable Session session;
    private @Nullable Iterator<Feed> rotation;

    Feeds(Names names) {
        this.names = names;
    }

    private static final class Feed {

        final String topic;
        private final Audience audience = new Audience();
        private final Set<Follower> followers = ConcurrentHashMap.newKeySet();

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
            }
            each(attached ? Follower::connected : Follower::disconnected);
        }

        void tell(List<Change> commit) {
            audience.tell(commit);
        }

        void each(Consumer<Follower> action) {
            followers.forEach(action);
        }
    }

    /** Adds a follower that was not started yet, and starts it. */
    void add(String topic, Scope scope, Follower follower) {
        Feed feed;
        synchronized (this) {
            Feed present = feeds.get(topic);
            feed = present == null ? new Feed(topic) : present;
            feed.add(follower, scope);
            if (present == null) {
                feeds.put(topic, feed);
                subscribe(List.of(topic));
            }
        }
        follower.start();
        if (feed.isAttached()) {
            feed.attach(follower);
        }
    }

    void remove(String topic, Scope scope, Follower follower) {
        synchronized (this) {
            Feed feed = feeds.get(topic);
            if (feed != null && feed.remove(follower, scope)) {
                feeds.remove(topic);
                Server.Session now = session;
                if (now != null) {
                    var unused = now.channelConnection().async().unsubscribe(channel(topic));
                }
            }
        }
    }

    /** Closes every follower. */
    void close() {
        List<Follower> all = new ArrayList<>();
        synchronized (this) {
            feeds.values().forEach(feed -> feed.each(all::add));
            feeds.clear();
            session = null;
        }
        all.forEach(Follower::close);
    }

    int topics() {
        return feeds.size();
    }

    /** The next topics whose heads are to be verified, in rotation: all of them, if asked for that many. */
    synchronized Collection<String> next(int count) {
        List<String> topics = new ArrayList<>(count);
        Iterator<Feed> iterator = rotation;
        if (iterator == null || !iterator.hasNext()) {
            iterator = feeds.values().iterator();
            rotation = iterator;
        }
        while (topics.size() < count && iterator.hasNext()) {
            Feed feed = iterator.next();
            if (feed.isAttached()) {
                topics.add(feed.topic);
            }
        }
        return topics;
    }

    /** A check of the store saw this head. */
    void head(String topic, Version head) {
        Feed feed = feeds.get(topic);
        if (feed != null) {
            feed.each(follower -> follower.head(head));
        }
    }

    // --- of the server ----------------------------------------------------------------------------------------------

    @Override
    public void connected(Server.Session opened) {
        synchronized (this) {
            session = opened;
            subscribe(List.copyOf(feeds.keySet()));
        }
    }

    @Override
    public void disconnected() {
        synchronized (this) {
            session = null;
        }
        feeds.values().forEach(feed -> feed.setAttached(false));
    }

    @Override
    public void subscribed(String channel) {
        Feed feed = feeds.get(names.topicOf(channel));
        if (feed != null) {
            feed.setAttached(true);
        }
    }

    @Override
    public void message(String channel, byte[] content) {
        String topic = names.topicOf(channel);
        Feed feed = feeds.get(topic);
        if (feed == null) {
            return;
        }
        try {
            Message message = Message.parse(content);
            if (message.changes().isEmpty()) {
                feed.each(follower -> follower.head(message.head()));
            } else {
                feed.tell(message.changes());
            }
        } catch (RuntimeException e) {
            log.warn("topic '{}': a message on its channel is not one of ours; the log is read instead", topic, e);
            feed.each(Follower::connected);
        }
    }

    private void subscribe(List<String> topics) {
        Server.Session now = session;
        if (now == null) {
            return;
        }
        for (int from = 0; from < topics.size(); from += CHANNELS_A_COMMAND) {
            byte[][] channels = topics.subList(from, Math.min(topics.size(), from + CHANNELS_A_COMMAND)).stream()
                    .map(this::channel)
                    .toArray(byte[][]::new);
            var unused = now.channelConnection().async().subscribe(channels);
        }
    }

    private byte[] channel(String topic) {
        return names.channel(topic).getBytes(StandardCharsets.US_ASCII);
    }
}
