package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Scope;
import io.distsync.backend.support.Follower;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
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

    /** A wake-up waits for its change between once and twice this. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Names names;
    private final @Nullable Broadcaster broadcaster;
    private final Scheduler scheduler;
    private final ConcurrentHashMap<String, Feed> feeds = new ConcurrentHashMap<>();
    private @Nullable Topology topology;
    private @Nullable Iterator<Feed> rotation;
    private final Queue<Feed> doubts = new ConcurrentLinkedQueue<>();
    private final AtomicLong malformed = new AtomicLong();

    /** @param broadcaster brings the changes that channels only announce, or {@code null} if channels bring them */
    Feeds(Names names, @Nullable Broadcaster broadcaster, Scheduler scheduler) {
        this.names = names;
        this.broadcaster = broadcaster;
        this.scheduler = scheduler;
    }

    /** Says where topics are to be followed; before anybody follows one. */
    synchronized void follow(Topology where) {
        topology = where;
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
                settle(feed);
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
                Server home = feed.home;
                if (home != null) {
                    home.unsubscribe(channel(topic));
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
        }
        all.forEach(Follower::close);
    }

    int topics() {
        return feeds.size();
    }

    /** Topics whose heads are to be verified now: those in doubt, and so many others in rotation. */
    synchronized Collection<String> toVerify(int count) {
        Set<String> topics = new LinkedHashSet<>();
        for (Feed doubtful = doubts.poll(); doubtful != null; doubtful = doubts.poll()) {
            topics.add(doubtful.topic);
        }
        int most = topics.size() + count;
        Iterator<Feed> iterator = rotation;
        if (iterator == null || !iterator.hasNext()) {
            iterator = feeds.values().iterator();
            rotation = iterator;
        }
        while (topics.size() < most && iterator.hasNext()) {
            Feed feed = iterator.next();
            if (feed.isAttached()) {
                topics.add(feed.topic);
            }
        }
        return topics;
    }

    /**
     * A check of the store saw this head. A message may still be on its way, so a head that is not the one of the last
     * message is looked at once more, and brings the followers to ask only if no message has come meanwhile.
     */
    void head(String topic, Version head) {
        Feed feed = feeds.get(topic);
        if (feed == null) {
            return;
        }
        switch (feed.judge(head)) {
            case DOUBTFUL -> doubts.add(feed);
            case MISSED -> feed.each(follower -> follower.head(head));
            case SEEN -> {}
        }
    }

    // --- of the server ----------------------------------------------------------------------------------------------

    @Override
    public void connected(Server server) {
        List<byte[]> channels = new ArrayList<>();
        synchronized (this) {
            for (Feed feed : feeds.values()) {
                feed.home = feed.home == null ? home(feed) : feed.home;
                if (feed.home == server) {
                    channels.add(channel(feed.topic));
                }
            }
            server.subscribe(channels);
        }
    }

    @Override
    public void disconnected(Server server) {
        of(server).forEach(feed -> feed.setAttached(false));
    }

    @Override
    public void subscribed(Server server, String channel) {
        Feed feed = feeds.get(names.topicOf(channel));
        if (feed != null && isHome(feed, server)) {
            feed.setAttached(true);
        }
    }

    /**
     * A slot has moved, or a follower left and another came. Nothing is unsubscribed here: that would be answered by
     * another such message, and so on.
     */
    @Override
    public void unsubscribed(Server server, String channel) {
        Feed feed = feeds.get(names.topicOf(channel));
        if (feed != null && isHome(feed, server)) {
            feed.setAttached(false);
            settle(feed);
            Topology where = topology;
            if (where != null) {
                where.misled();
            }
        }
    }

    /** The map was read: follows topics where they are now, and again where that failed. On the scheduler's thread. */
    void settle() {
        for (Feed feed : feeds.values()) {
            if (!isHome(feed, home(feed))) {
                feed.setAttached(false);
                moved(feed);
            } else if (!feed.isAttached()) {
                settle(feed);
            }
        }
    }

    private synchronized void moved(Feed feed) {
        Server before = feed.home;
        if (before != null) {
            before.unsubscribe(channel(feed.topic));
        }
        settle(feed);
    }

    private synchronized void settle(Feed feed) {
        Server now = home(feed);
        feed.home = now;
        if (now != null) {
            now.subscribe(List.of(channel(feed.topic)));
        }
    }

    private @Nullable Server home(Feed feed) {
        Topology where = topology;
        return where == null ? null : where.at(names.slot(feed.topic));
    }

    private synchronized boolean isHome(Feed feed, @Nullable Server server) {
        return feed.home == server;
    }

    private synchronized List<Feed> of(Server server) {
        return feeds.values().stream().filter(feed -> feed.home == server).toList();
    }

    @Override
    public void message(String channel, byte[] content) {
        String topic = names.topicOf(channel);
        Feed feed = feeds.get(topic);
        if (feed == null) {
            return;
        }
        try {
            tell(feed, Message.parse(content));
        } catch (RuntimeException e) {
            long count = malformed.incrementAndGet();
            if (LogEvent.isMilestone(count)) {
                LogEvent.FEED_MESSAGE_FOREIGN
                        .on(log)
                        .setCause(e)
                        .log(
                                "topic '{}': a message on its channel is not one of ours, as {} before it; the log is read instead",
                                topic,
                                count - 1);
            }
            feed.each(Follower::connected);
        }
    }

    private void tell(Feed feed, Message message) {
        boolean comes = broadcaster != null
                && message.changes().isEmpty()
                && !message.head().isAbsent()
                && broadcaster.brings(feed.topic);
        if (!comes) {
            feed.tell(message, broadcaster == null);
        } else if (feed.announce(message.head())) {
            await(feed, message.head());
        }
    }

    private void await(Feed feed, Version expected) {
        scheduler.schedule(
                () -> {
                    Version next = feed.afterWaitingFor(expected);
                    if (next != null) {
                        await(feed, next);
                    }
                },
                PATIENCE);
    }

    /** Tells of a commit that came another way than over a channel. */
    void deliver(String topic, List<Change> commit) {
        Feed feed = feeds.get(topic);
        if (feed != null) {
            feed.deliver(commit);
        }
    }

    boolean isFollowed(String topic) {
        return feeds.containsKey(topic);
    }

    private byte[] channel(String topic) {
        return names.channel(topic).getBytes(StandardCharsets.US_ASCII);
    }
}
