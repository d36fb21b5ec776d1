package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.version.Version;
import io.lettuce.core.Range;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commits of a store that are not known to be broadcast, kept in Redis beside the logs: a commit and its place in here
 * are one step, so nothing is lost with whoever committed it. Each node takes those that are late in turn, and hands them to
 * its {@link Broadcaster}; that two of them broadcast the same commit is harmless.
 *
 * <p>(The transactional outbox: Chris Richardson, "Microservices Patterns", 2018, 3.3.)
 */
public final class Outbox {

    /*
     * Threads. Looking happens on the scheduler; answers come on threads of the driver. Confirmations come from anybody:
     * whoever raises "flushing" sends what there is, and the flag is lowered, and looked behind, on the scheduler.
     */

    private static final Logger log = LoggerFactory.getLogger(Outbox.class);

    /** A commit that is not confirmed by then is taken for forgotten. */
    private static final Duration LATE = Duration.ofSeconds(2);

    /** Confirmations of so long travel together: nobody waits for them. */
    private static final Duration PACE = Duration.ofMillis(10);

    private static final int COMMITS_A_LOOK = 128;
    private static final int COMMITS_A_COMMAND = 512;

    /** Of a topic the log keeps the last changes only, so a longer outbox would name what is gone. */
    private static final int MOST = 100_000;

    private static final Pattern COMMIT = Pattern.compile("[0-9]{1,19}-[0-9]{1,19} [A-Za-z0-9._:/-]{1,200}");

    private final Topology topology;
    private final Names names;
    private final Feeds feeds;
    private final Broadcaster broadcaster;
    private final Scheduler scheduler;

    private final Queue<Confirmed> confirmed = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean flushing = new AtomicBoolean();
    private final AtomicLong gone = new AtomicLong();
    private final Map<Integer, Long> waiting = new ConcurrentHashMap<>();

    private record Confirmed(int slot, String member) {}

    Outbox(Topology topology, Names names, Feeds feeds, Broadcaster broadcaster, Scheduler scheduler) {
        this.topology = topology;
        this.names = names;
        this.feeds = feeds;
        this.broadcaster = broadcaster;
        this.scheduler = scheduler;
    }

    /** Nodes look at different times, or the same one would always be the first to find what is late again. */
    private static byte[][] arguments(int most) {
        long late = LATE.toMillis() + ThreadLocalRandom.current().nextLong(LATE.toMillis() / 4);
        return new byte[][] {Arguments.ascii(late), Arguments.ascii(most), Arguments.ascii(MOST)};
    }

    /** Tells this node's followers of a whole commit that was broadcast. */
    public void deliver(String topic, List<Change> commit) {
        feeds.deliver(topic, commit);
    }

    /** Whether somebody here follows the topic. */
    public boolean isFollowed(String topic) {
        return feeds.isFollowed(topic);
    }

    /**
     * Takes a commit out, because it is broadcast for certain; some time later, and perhaps never: then it is broadcast
     * again.
     *
     * @param last the version of its last change
     */
    public void confirm(String topic, Version last) {
        takeOut(topic, last.epoch() + "-" + last.revision());
    }

    /** How many commits were not known to be broadcast at the last look, by whomever. */
    public long waiting() {
        return waiting.values().stream().mapToLong(Long::longValue).sum();
    }

    private void takeOut(String topic, String id) {
        takeOut(names.slot(topic), id + " " + topic);
    }

    private void takeOut(int slot, String member) {
        confirmed.add(new Confirmed(slot, member));
        flush();
    }

    /** The script for the common commit leaves an id that never came to be if the general one has to do it. */
    private void notBroadcast(String topic, String id) {
        long count = gone.incrementAndGet();
        if (LogEvent.isMilestone(count)) {
            LogEvent.OUTBOX_COMMIT_MISSING
                    .on(log)
                    .log(
                            "topic '{}': the log does not have commit {}, so it is not broadcast, as {} before it. Followers are"
                                    + " not concerned; if it was trimmed, other consumers miss it",
                            topic,
                            id,
                            count - 1);
        }
    }

    private void flush() {
        if (flushing.compareAndSet(false, true)) {
            send();
        }
    }

    private void send() {
        Map<Integer, List<byte[]>> bySlot = new HashMap<>();
        int count = 0;
        Confirmed next = confirmed.poll();
        while (next != null) {
            bySlot.computeIfAbsent(next.slot(), absent -> new ArrayList<>())
                    .add(next.member().getBytes(StandardCharsets.ISO_8859_1));
            count++;
            next = count == COMMITS_A_COMMAND ? null : confirmed.poll();
        }
        List<CompletableFuture<?>> sent = new ArrayList<>(bySlot.size());
        bySlot.forEach((slot, members) -> sent.add(remove(slot, members)));
        var unused = CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        log.debug("commits that were broadcast could not be taken out of the outbox", failure);
                    }
                    scheduler.schedule(this::sendMore, confirmed.size() < COMMITS_A_COMMAND ? PACE : Duration.ZERO);
                });
    }

    private void sendMore() {
        flushing.set(false);
        if (!confirmed.isEmpty()) {
            flush();
        }
    }

    private CompletableFuture<?> remove(int slot, List<byte[]> members) {
        return topology.on(
                        slot,
                        server -> server.call(
                                commands -> commands.zrem(names.outbox(slot), members.toArray(byte[][]::new))))
                .toCompletableFuture();
    }

    /** Looks at the commits of a slot; called regularly. */
    void look(int slot) {
        Server server = topology.at(slot);
        if (server == null || !server.isConnected()) {
            return;
        }
        server.run(Kind.OUTBOX, new byte[][] {names.outbox(slot)}, arguments(broadcaster.isAble() ? COMMITS_A_LOOK : 0))
                .whenComplete((reply, failure) -> {
                    if (failure != null) {
                        log.debug("looking into the outbox failed", failure);
                        return;
                    }
                    try {
                        found(server, slot, reply);
                    } catch (RuntimeException e) {
                        LogEvent.OUTBOX_UNREADABLE.on(log).setCause(e).log("the outbox cannot be read");
                    }
                });
    }

    private void found(Server server, int slot, List<?> reply) {
        waiting.put(slot, Replies.number(reply, 0));
        long lost = Replies.number(reply, 1);
        if (lost > 0) {
            LogEvent.OUTBOX_OVERFLOWED
                    .on(log)
                    .log(
                            "{} commits are not going to be broadcast any more: more than {} were waiting. Followers are not"
                                    + " concerned, they read the log; other consumers miss these changes",
                            lost,
                            MOST);
        }
        for (int i = 2; i < reply.size(); i++) {
            String member = new String(Replies.bytes(reply, i), StandardCharsets.ISO_8859_1);
            String topic = member.substring(member.indexOf(' ') + 1);
            if (COMMIT.matcher(member).matches() && names.slot(topic) == slot) {
                broadcast(server, topic, member.substring(0, member.indexOf(' ')));
            } else {
                LogEvent.OUTBOX_ENTRY_FOREIGN
                        .on(log)
                        .log("'{}' is no commit, and goes out of the outbox", MalformedDataException.printable(member));
                takeOut(slot, member);
            }
        }
    }

    private void broadcast(Server server, String topic, String id) {
        CompletionStage<List<Change>> read = server.call(
                        commands -> commands.xrange(names.stream(topic), Range.create(id, id)))
                .thenApply(entries -> entries.isEmpty()
                        ? List.of()
                        : LogEntries.commit(
                                id, entries.get(0).getBody().values().iterator().next()));
        read.whenComplete((commit, failure) -> {
            if (failure != null && Failures.unwrap(failure) instanceof MalformedDataException) {
                LogEvent.OUTBOX_COMMIT_FOREIGN
                        .on(log)
                        .setCause(failure)
                        .log("topic '{}': commit {} is not one of ours, and is not broadcast", topic, id);
                takeOut(topic, id);
            } else if (failure != null) {
                LogEvent.OUTBOX_READ_FAILED
                        .on(log)
                        .log(
                                "topic '{}': commit {} could not be read to be broadcast: {}",
                                topic,
                                id,
                                failure.toString());
            } else if (commit.isEmpty()) {
                notBroadcast(topic, id);
                takeOut(topic, id);
            } else {
                broadcaster.broadcast(topic, commit);
            }
        });
    }
}
