package io.distsync.backend.redis;

import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.ServiceClosedException;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Redis server: the {@link Session} with it, and the watch over that.
 *
 * <p>The driver neither reconnects nor repeats: a connection that breaks fails what was under way on it, and the next one
 * is used only after the server has told its incarnation and taken the scripts made for it.
 */
final class Server {

    /*
     * Threads. Fields marked "scheduler" belong to the scheduler's only thread; whatever the driver reports from its own
     * threads is handed over to it ("post"). `session` and `connecting` are written there and read by callers: who finds
     * no session waits for the attempt under way, if there is one, and fails at once otherwise.
     *
     * A session is usable until it is dropped; dropping closes its connections, which fails everything pending on
     * them.
     */

    private static final Logger log = LoggerFactory.getLogger(Server.class);

    private static final int CHANNELS_A_COMMAND = 256;

    /** After so many a connection is taken for dead; one alone may be this process being slow. */
    private static final int MISSED_BEATS = 2;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    /** Told of what happens to a server; on the scheduler's thread, messages excepted. */
    interface Listener {

        /** Channels can be subscribed. */
        void connected(Server server);

        /** Nothing will come over the channels any more until the next {@link #connected}. */
        void disconnected(Server server);

        /** The server confirmed a subscription. */
        void subscribed(Server server, String channel);

        /** The server ended a subscription, asked or not. */
        void unsubscribed(Server server, String channel);

        /** On a thread of the driver, in the order of the server. */
        void message(String channel, byte[] content);
    }

    /**
     * How a server is treated.
     *
     * @param replicas how many have to confirm a commit, or 0
     */
    record Settings(Duration heartbeat, Duration connectTimeout, int replicas, Duration replicaTimeout) {

        /**
         * How long a client may be without a connection to a server that is there: until it notices the silence of the
         * old one, after the longest pause, and with an attempt that just succeeds.
         */
        Duration longestAbsence() {
            return heartbeat.multipliedBy(MISSED_BEATS + 1).plus(LONGEST_PAUSE).plus(connectTimeout);
        }
    }

    private final Connector connector;
    private final Sessions sessions;
    private final Settings settings;
    private final Scheduler scheduler;
    private final TimeSource time;
    private final Listener listener;
    private final boolean sharded;
    private final Runnable misled;

    private volatile @Nullable Session session;
    private volatile @Nullable CompletableFuture<Session> connecting;
    private volatile @Nullable CompletableFuture<Session> opening;
    private volatile @Nullable Instant unreachableSince;
    private volatile boolean closed;
    private volatile @Nullable Throwable reason;

    // scheduler
    private int failures;
    private long pulse;
    private int unanswered;

    Server(
            Connector connector,
            Scripts scripts,
            Settings settings,
            Scheduler scheduler,
            TimeSource time,
            Listener listener,
            boolean sharded,
            Runnable misled) {
        this.connector = connector;
        this.sessions = new Sessions(connector, scripts, settings, sharded);
        this.settings = settings;
        this.scheduler = scheduler;
        this.time = time;
        this.listener = listener;
        this.sharded = sharded;
        this.misled = misled;
        unreachableSince = time.instant();
    }

    void start() {
        connecting = new CompletableFuture<>();
        post(this::connect);
    }

    /** Since when the server cannot be reached, or {@code null} while it can. */
    @Nullable
    Instant unreachableSince() {
        return unreachableSince;
    }

    /** What the server says of itself, or {@code null} while it cannot be reached. */
    @Nullable
    ServerInfo info() {
        Session now = session;
        return now == null ? null : now.info();
    }

    boolean isConnected() {
        return session != null;
    }

    /** Runs a script. A server that does not know it is asked who it is, and given the text. */
    CompletionStage<List<?>> run(Kind kind, byte[][] keys, byte[][] arguments) {
        return inSession(now -> now.evalsha(kind, keys, arguments)
                .handle((reply, failure) -> {
                    Throwable cause = failure == null ? null : Failures.unwrap(failure);
                    if (cause instanceof RedisNoScriptException) {
                        return introduced(now)
                                .thenCompose(known -> known.eval(kind, keys, arguments)
                                        .thenCompose(answer -> confirmed(known, kind, keys, answer)));
                    }
                    if (cause != null) {
                        observe(now, cause);
                        return CompletableFuture.<List<?>>failedFuture(cause);
                    }
                    return confirmed(now, kind, keys, reply);
                })
                .thenCompose(Function.identity()));
    }

    /** Runs commands that may be lost or repeated without harm. */
    <R> CompletionStage<R> call(Function<RedisAsyncCommands<byte[], byte[]>, CompletionStage<R>> commands) {
        return inSession(now -> commands.apply(now.commands()).whenComplete((reply, failure) -> {
            if (failure != null) {
                observe(now, Failures.unwrap(failure));
            }
        }));
    }

    /** Ends the connections and every attempt to open others; completes when they are closed. */
    CompletableFuture<Void> close() {
        closed = true;
        session = null;
        CompletableFuture<Session> last = opening;
        CompletableFuture<Void> ended = last == null ? CompletableFuture.completedFuture(null) : closeOpened(last);
        CompletableFuture<Session> attempt = connecting;
        if (attempt != null) {
            attempt.completeExceptionally(new ServiceClosedException("the backend is closed"));
        }
        return ended;
    }

    /** Closes the connections of an attempt, or lets them be closed as soon as they are made: nobody waits for them. */
    private static CompletableFuture<Void> closeOpened(CompletableFuture<Session> attempt) {
        attempt.completeExceptionally(new ServiceClosedException("the backend is closed"));
        return attempt.thenCompose(Session::close).exceptionally(neverOpened -> null);
    }

    private <R> CompletionStage<R> inSession(Function<Session, CompletionStage<R>> use) {
        Session now = session;
        if (now != null) {
            return now.commandConnection().isOpen() ? guarded(() -> use.apply(now)) : unavailable();
        }
        CompletableFuture<Session> attempt = connecting;
        if (closed) {
            return CompletableFuture.failedFuture(new ServiceClosedException("the backend is closed"));
        }
        return attempt == null ? unavailable() : attempt.thenCompose(opened -> guarded(() -> use.apply(opened)));
    }

    private <R> CompletionStage<R> unavailable() {
        return CompletableFuture.failedFuture(unavailable(reason));
    }

    private NotAppliedException unavailable(@Nullable Throwable cause) {
        return Failures.ofServer(connector.name(), cause);
    }

    private static <R> CompletionStage<R> guarded(Supplier<CompletionStage<R>> use) {
        try {
            return use.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Holds the answer to a commit, or to its repeat, until the replicas have it, if so configured. */
    private CompletionStage<List<?>> confirmed(Session on, Kind kind, byte[][] keys, List<?> answer) {
        Confirmations confirmations = on.confirmations();
        if (confirmations == null || !kind.commits() || !Replies.isCommitted(answer)) {
            return CompletableFuture.completedFuture(answer);
        }
        return confirmations.confirm(keys[0]).handle((count, failure) -> {
            String applied = "applied by Redis at " + connector.name() + ", but ";
            if (failure != null) {
                Throwable cause = Failures.unwrap(failure);
                observe(on, cause);
                throw new OutcomeUnknownException(
                        applied + "its replicas could not be asked to confirm it: " + cause.getMessage(), cause);
            }
            if (count < settings.replicas()) {
                throw new OutcomeUnknownException(applied + "only " + count + " of " + settings.replicas()
                        + " replicas confirmed it within " + settings.replicaTimeout());
            }
            return answer;
        });
    }

    /** A server that refuses writes because it is a replica now has to be looked up anew, as one that names another. */
    private void observe(Session on, Throwable failure) {
        if (failure instanceof RedisCommandExecutionException) {
            if (Failures.isOfAReplica(failure)) {
                post(() -> drop(on, failure));
            }
            if (Failures.isElsewhere(failure)) {
                misled.run();
            }
        }
    }

    /** Asks for what is published on channels; those of a cluster one by one, because they may be of different slots. */
    void subscribe(List<byte[]> channels) {
        Session now = session;
        if (now == null) {
            return;
        }
        if (sharded) {
            for (byte[] channel : channels) {
                notice(now, now.channelConnection().async().ssubscribe(channel));
            }
            return;
        }
        for (int from = 0; from < channels.size(); from += CHANNELS_A_COMMAND) {
            byte[][] some = channels.subList(from, Math.min(channels.size(), from + CHANNELS_A_COMMAND))
                    .toArray(byte[][]::new);
            notice(now, now.channelConnection().async().subscribe(some));
        }
    }

    /** A subscription that is refused by the right server ends the session: a feed that never comes must show. */
    private void notice(Session on, CompletionStage<Void> subscription) {
        subscription.whenComplete((done, failure) -> {
            Throwable cause = failure == null ? null : Failures.unwrap(failure);
            if (cause instanceof RedisCommandExecutionException) {
                observe(on, cause);
                if (!Failures.isElsewhere(cause)) {
                    post(() -> drop(on, cause));
                }
            }
        });
    }

    void unsubscribe(byte[] channel) {
        Session now = session;
        if (now != null) {
            var unused = sharded
                    ? now.channelConnection().async().sunsubscribe(channel)
                    : now.channelConnection().async().unsubscribe(channel);
        }
    }

    // --- opening ----------------------------------------------------------------------------------------------------

    /** Runs on the scheduler; what is thrown there is a bug. */
    private void post(Runnable task) {
        scheduler.schedule(task, Duration.ZERO);
    }

    private void connect() {
        if (closed) {
            return;
        }
        CompletableFuture<Session> attempt = connecting;
        if (attempt == null || attempt.isDone()) {
            attempt = new CompletableFuture<>();
            connecting = attempt;
        }
        CompletableFuture<Session> result = attempt;
        CompletableFuture<Session> next = sessions.open();
        opening = next;
        if (closed) {
            var unused = closeOpened(next); // close() may not have seen it
            return;
        }
        Scheduler.Cancellable timer = scheduler.schedule(
                () -> next.completeExceptionally(
                        new BackendUnavailableException("no answer within " + settings.connectTimeout())),
                settings.connectTimeout());
        var unused = next.whenComplete((opened, failure) -> post(() -> {
            timer.cancel();
            if (opened == null) {
                failed(result, Failures.unwrap(failure));
            } else {
                ready(result, opened);
            }
        }));
    }

    /** The server did not know a script: it may be another incarnation by now. */
    private CompletionStage<Session> introduced(Session before) {
        CompletableFuture<Session> known = new CompletableFuture<>();
        sessions.introduceAgain(before).whenComplete((now, failure) -> {
            if (now == null) {
                known.completeExceptionally(Failures.unwrap(failure));
                post(() -> drop(before, Failures.unwrap(failure)));
            } else {
                known.complete(now);
                post(() -> replace(before, now));
            }
        });
        return known;
    }

    private void replace(Session before, Session now) {
        if (isPresent(before)) {
            session = now;
            if (!now.info().incarnation().equals(before.info().incarnation())) {
                LogEvent.STORE_REPLACED
                        .on(log)
                        .log(
                                "Redis at {} is another incarnation now: {}",
                                connector.name(),
                                now.info().incarnation());
                listener.connected(this); // what was missed meanwhile has to be asked for
            }
        }
    }

    private void ready(CompletableFuture<Session> attempt, Session opened) {
        if (closed || !opened.isOpen()) {
            var unused = opened.close();
            failed(attempt, new BackendUnavailableException("the connection was closed"));
            return;
        }
        watch(opened);
        failures = 0;
        unanswered = 0;
        unreachableSince = null;
        reason = null;
        session = opened;
        connecting = null;
        LogEvent.STORE_CONNECTED.on(log).log("connected to Redis at {}, {}", connector.name(), opened.info());
        if (opened.info().evictsState()) {
            LogEvent.STORE_EVICTS
                    .on(log)
                    .log(
                            "Redis at {} may throw shared state away when its memory is full (maxmemory-policy {});"
                                    + " noeviction keeps it",
                            connector.name(),
                            opened.info().details().get("eviction"));
        }
        listener.connected(this);
        attempt.complete(opened);
        beat(opened, ++pulse);
    }

    private void watch(Session opened) {
        RedisConnectionStateListener watcher = new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                post(() -> drop(opened, new BackendUnavailableException("the connection was closed")));
            }
        };
        opened.commandConnection().addListener(watcher);
        opened.otherConnections().forEach(connection -> connection.addListener(watcher));
        opened.channelConnection().addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(byte[] channel, byte[] message) {
                listener.message(new String(channel, StandardCharsets.US_ASCII), message);
            }

            @Override
            public void smessage(byte[] channel, byte[] message) {
                message(channel, message);
            }

            @Override
            public void subscribed(byte[] channel, long count) {
                String name = new String(channel, StandardCharsets.US_ASCII);
                post(() -> {
                    if (isPresent(opened)) {
                        listener.subscribed(Server.this, name);
                    }
                });
            }

            @Override
            public void ssubscribed(byte[] channel, long count) {
                subscribed(channel, count);
            }

            @Override
            public void sunsubscribed(byte[] channel, long count) {
                String name = new String(channel, StandardCharsets.US_ASCII);
                post(() -> {
                    if (isPresent(opened)) {
                        listener.unsubscribed(Server.this, name);
                    }
                });
            }
        });
        if (!opened.isOpen()) {
            post(() -> drop(opened, new BackendUnavailableException("the connection was closed")));
        }
    }

    private boolean isPresent(Session opened) {
        Session present = session;
        return present != null && present.isOnConnectionsOf(opened);
    }

    private void failed(CompletableFuture<Session> attempt, Throwable cause) {
        connecting = null;
        if (closed) {
            attempt.completeExceptionally(new ServiceClosedException("the backend is closed"));
            return;
        }
        if (failures == 0) {
            LogEvent.STORE_UNREACHABLE
                    .on(log)
                    .log("Redis at {} cannot be reached: {}", connector.name(), cause.getMessage());
        }
        reason = cause;
        failures++;
        attempt.completeExceptionally(unavailable(cause));
        misled.run();
        scheduler.schedule(this::connect, pause());
    }

    /** Grows from attempt to attempt, with jitter: many nodes lose the same server at the same moment. */
    private Duration pause() {
        long longest = Math.min(LONGEST_PAUSE.toNanos(), FIRST_PAUSE.toNanos() << Math.min(failures, 20));
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(longest / 2, longest));
    }

    // --- watching ---------------------------------------------------------------------------------------------------

    private void beat(Session on, long number) {
        Session present = session;
        if (closed || present == null || !present.isOnConnectionsOf(on) || number != pulse) {
            return;
        }
        if (unanswered >= MISSED_BEATS) {
            drop(present, new BackendUnavailableException("no answer to " + unanswered + " heartbeats"));
            return;
        }
        unanswered++;
        CompletableFuture<ServerInfo> commands = present.commands()
                .info("replication")
                .thenApply(ServerInfo::parse)
                .toCompletableFuture();
        CompletableFuture<?>[] others = present.otherConnections().stream()
                .map(connection -> connection.async().ping().exceptionallyCompose(Server::answered))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        var unused = commands.thenCombine(CompletableFuture.allOf(others), (info, pongs) -> info)
                .whenComplete((info, failure) -> post(() -> {
                    if (failure != null) {
                        drop(present, Failures.unwrap(failure));
                    } else {
                        onBeat(present, info);
                    }
                }));
        scheduler.schedule(() -> beat(on, number), settings.heartbeat());
    }

    /** A refusal is an answer: a server that may not write to its disk refuses even this, and goes on serving reads. */
    private static CompletionStage<String> answered(Throwable failure) {
        return Failures.unwrap(failure) instanceof RedisCommandExecutionException
                ? CompletableFuture.completedFuture("refused")
                : CompletableFuture.failedFuture(failure);
    }

    private void onBeat(Session on, ServerInfo info) {
        unanswered = 0;
        if (!info.isPrimary()) {
            drop(on, new BackendUnavailableException("the server is a replica now"));
        } else if (isPresent(on) && !info.replicationId().equals(on.info().replicationId())) {
            var unused = introduced(on);
        }
    }

    private void drop(Session gone, Throwable cause) {
        if (closed || !isPresent(gone)) {
            return;
        }
        LogEvent.STORE_LOST.on(log).log("lost Redis at {}: {}", connector.name(), cause.getMessage());
        reason = cause;
        unreachableSince = time.instant();
        connecting = new CompletableFuture<>();
        session = null;
        opening = null;
        var unused = gone.close();
        listener.disconnected(this);
        misled.run();
        scheduler.schedule(this::connect, pause());
    }
}
