package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.time.VirtualTime;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A store on the far side of a connection, played in one process: topic stores, clients that reach them through a
 * thread of their own, and everything that goes wrong between the two. It says some things twice, as networks do.
 */
final class SimulatedStore {

    static final Duration SWEEP = Duration.ofMillis(500);

    // The monitor of this object guards the topics; followers are told while it is held, in the order of the commits.
    private final VirtualTime time = new VirtualTime();
    private final Map<String, SimulatedTopic> topics = new HashMap<>();
    private final Set<Client> clients = ConcurrentHashMap.newKeySet();
    private final Set<String> everUsed = new HashSet<>();
    private long highestEpoch;

    Client open() {
        Client client = new Client();
        clients.add(client);
        return client;
    }

    /** Moves the time in steps of a sweep, so that what falls due is found when it should be. */
    void advance(Duration step) {
        for (Duration left = step; left.compareTo(Duration.ZERO) > 0; left = left.minus(SWEEP)) {
            time.advance(left.compareTo(SWEEP) < 0 ? left : SWEEP);
            synchronized (this) {
                topics.values().forEach(topic -> topic.sweep(now()));
                topics.values().removeIf(topic -> topic.isIdle(now()));
            }
        }
    }

    /**
     * Remembers how far each topic has come; the task plays the calls up to there again, and no further. Nobody is told:
     * followers have to find out from the changes that come next.
     */
    synchronized Runnable remember() {
        Map<String, Integer> lengths = new HashMap<>();
        topics.forEach((name, topic) -> lengths.put(name, topic.calls.size()));
        return () -> rewind(lengths);
    }

    private synchronized void rewind(Map<String, Integer> lengths) {
        lengths.forEach(
                (name, length) -> Objects.requireNonNull(topics.get(name)).rewind(length));
    }

    /** Loses all of a topic; nobody is told. */
    synchronized void lose(String name) {
        topics.remove(name);
        topic(name);
    }

    private long now() {
        return time.epochMillis();
    }

    /** The topic, in a new epoch if it does not exist; what was known before its loss is then too old. */
    private SimulatedTopic topic(String name) {
        return topics.computeIfAbsent(name, absent -> {
            highestEpoch = Math.max(now(), highestEpoch + 1);
            Version horizon = everUsed.add(absent) ? Version.ABSENT : new Version(highestEpoch, 0, 0);
            return new SimulatedTopic(absent, highestEpoch, horizon);
        });
    }

    private void publish(String topic, List<Change> changes) {
        clients.forEach(client -> client.hear(topic, changes));
    }

    /** A topic store, and the calls that made it what it is. */
    private final class SimulatedTopic {

        private final String name;
        private final long epoch;
        private final Version horizon;
        private final List<Consumer<TopicStore>> calls = new ArrayList<>();
        private TopicStore store;
        private boolean replaying;

        SimulatedTopic(String name, long epoch, Version horizon) {
            this.name = name;
            this.epoch = epoch;
            this.horizon = horizon;
            this.store = newStore();
        }

        private TopicStore newStore() {
            return new TopicStore(name, epoch, horizon, changes -> {
                if (!replaying) {
                    publish(name, changes);
                }
            });
        }

        <R> R call(Function<TopicStore, R> call) {
            calls.add(it -> assertThat(call.apply(it)).isNotNull());
            return call.apply(store);
        }

        void sweep(long now) {
            if (store.nextDueMillis() <= now) {
                call(it -> it.sweep(now, TopicStore.MAX_SWEEP));
            }
        }

        boolean isIdle(long now) {
            return store.isIdle(now) && clients.stream().noneMatch(client -> client.follows(name));
        }

        void rewind(int length) {
            replaying = true;
            store = newStore();
            calls.subList(length, calls.size()).clear();
            for (Consumer<TopicStore> call : calls) {
                try {
                    call.accept(store);
                } catch (RejectedException e) {
                    assertThat(e).as("rejected before, rejected again").isNotNull();
                }
            }
            replaying = false;
        }
    }

    /** A client with one connection, whose thread carries each question there and its answer back. */
    final class Client implements SyncBackend {

        private final ExecutorService wire =
                Executors.newSingleThreadExecutor(work -> new Thread(work, "distsync-simulated-wire"));
        private final Map<Follower, String> followers = new ConcurrentHashMap<>();
        private final AtomicInteger told = new AtomicInteger();
        private volatile boolean cut;
        private volatile boolean closed;
        private volatile boolean losesNextReply;
        private volatile boolean refusesNext;

        void loseNextReply() {
            losesNextReply = true;
        }

        void refuseNext() {
            refusesNext = true;
        }

        void cut() {
            cut = true;
            followers.keySet().forEach(Follower::disconnected);
        }

        void heal() {
            cut = false;
            followers.keySet().forEach(Follower::connected);
        }

        boolean follows(String topic) {
            return followers.containsValue(topic);
        }

        /** Every third message arrives twice. */
        void hear(String topic, List<Change> changes) {
            if (!cut) {
                boolean twice = told.incrementAndGet() % 3 == 0;
                followers.forEach((follower, followed) -> {
                    if (followed.equals(topic)) {
                        follower.live(changes);
                        if (twice) {
                            follower.live(changes);
                        }
                    }
                });
            }
        }

        @Override
        public CompletionStage<Page> read(String topic, Selection selection) {
            Limits.checkTopic(topic);
            Objects.requireNonNull(selection, "selection");
            return ask(() -> topics.containsKey(topic)
                    ? topic(topic).call(atNow(store -> now -> store.read(selection, now)))
                    : new Page(Version.ABSENT, List.of(), false));
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            Limits.checkTopic(commit.topic());
            if (commit.payloadBytes() > info().maxPayloadBytes()) {
                throw new IllegalArgumentException("payloads of a commit of topic '" + commit.topic()
                        + "' may have at most " + info().maxPayloadBytes() + " bytes");
            }
            if (refusesNext) {
                refusesNext = false;
                return CompletableFuture.failedFuture(new BackendUnavailableException("refused for once"));
            }
            boolean lost = losesNextReply;
            losesNextReply = false;
            CompletionStage<CommitResult> answer =
                    ask(() -> topic(commit.topic()).call(atNow(store -> now -> store.commit(commit, now))));
            return lost
                    ? answer.thenCompose(
                            reply -> CompletableFuture.failedFuture(new OutcomeUnknownException("the reply was lost")))
                    : answer;
        }

        @Override
        public Version foresee(Version head, Commit commit, int mutation) {
            return TopicStore.foresee(head, commit, mutation);
        }

        @Override
        public CompletionStage<History> history(String topic, Version after, int limit) {
            Limits.checkTopic(topic);
            Objects.requireNonNull(after, "after");
            if (limit < 1) {
                throw new IllegalArgumentException("limit must be positive, but is " + limit);
            }
            return ask(() -> topics.containsKey(topic)
                    ? topic(topic).store.history(after, limit)
                    : after.isAbsent()
                            ? new History.Changes(List.of(), Version.ABSENT)
                            : new History.Gone(Version.ABSENT, Version.ABSENT));
        }

        @Override
        public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
            Limits.checkTopic(topic);
            if (closed) {
                throw new ServiceClosedException("closed");
            }
            Follower follower = new Follower(
                    topic,
                    after,
                    scope,
                    listener,
                    selection -> read(topic, selection),
                    (position, limit) -> history(topic, position, limit),
                    time);
            followers.put(follower, topic);
            follower.start();
            if (!cut) {
                follower.connected();
            }
            return () -> {
                followers.remove(follower);
                follower.close();
            };
        }

        @Override
        public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
            leases.forEach(lease -> Limits.checkTopic(lease.topic()));
            return ask(() -> leases.stream()
                    .filter(lease -> !topics.containsKey(lease.topic())
                            || !topic(lease.topic())
                                    .call(atNow(store -> now -> store.keepAlive(lease.key(), lease.id(), now))))
                    .toList());
        }

        @Override
        public void close() {
            closed = true;
            clients.remove(this);
            followers.keySet().forEach(Follower::close);
            followers.clear();
            wire.shutdown();
        }

        /** The call as it was made: played again, it sees the time it saw first. */
        private <R> Function<TopicStore, R> atNow(Function<TopicStore, Function<Long, R>> call) {
            long now = now();
            return store -> call.apply(store).apply(now);
        }

        private <R> CompletionStage<R> ask(Supplier<R> question) {
            if (closed) {
                return CompletableFuture.failedFuture(new ServiceClosedException("closed"));
            }
            if (cut) {
                return CompletableFuture.failedFuture(new BackendUnavailableException("no connection"));
            }
            CompletableFuture<R> answer = new CompletableFuture<>();
            try {
                wire.execute(() -> carry(question, answer));
            } catch (RejectedExecutionException e) {
                answer.completeExceptionally(new ServiceClosedException("closed", e));
            }
            return answer;
        }

        private <R> void carry(Supplier<R> question, CompletableFuture<R> answer) {
            R reply;
            try {
                synchronized (SimulatedStore.this) {
                    reply = question.get();
                }
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
                return;
            }
            answer.complete(reply);
        }
    }
}
