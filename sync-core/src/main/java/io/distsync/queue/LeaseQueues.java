package io.distsync.queue;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.error.NotAppliedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.Callbacks;
import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.lease.LastWords;
import io.distsync.lease.LeaseKeeper;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The queues of one recipe on this node, each a topic of its own, with the claims that are in them. */
public final class LeaseQueues implements AutoCloseable {

    /*
     * Threads. A scheduler's thread keeps the time; callbacks of users run on threads made for them; everything else happens
     * on callers' and the service's threads. How many claims each line has is counted within the map's compute.
     */

    private static final Duration LONGEST_WAIT = Duration.ofDays(365);

    private final Settings settings;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final LeaseKeeper keeper;
    private final Callbacks callbacks;
    private final ClaimObserver observer;
    private final ConcurrentHashMap<String, Counted> lines = new ConcurrentHashMap<>();
    private final Set<Claim> claims = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * What the queues stand on.
     *
     * @param service stays the caller's to close, after the queues
     * @param kind for people, and for threads: {@code lock}, {@code semaphore}
     * @param prefix put before a name to get that of the topic
     * @param idle after which a queue nobody uses is forgotten; {@code null} for never
     * @param scheduler stays the caller's to close; {@code null} for one of their own
     */
    public record Settings(
            SyncService service,
            String kind,
            String prefix,
            @Nullable Duration idle,
            TimeSource time,
            @Nullable Scheduler scheduler) {

        /** Of the queue with that name. */
        public Topic<Contender> topic(String name) {
            Topic<Contender> topic = Topic.of(prefix + name, Contender.class);
            return idle == null ? topic : topic.withIdleExpiry(idle);
        }
    }

    private record Counted(Line line, int claims) {

        Counted and(int more) {
            return new Counted(line, claims + more);
        }
    }

    public LeaseQueues(Settings settings, HoldMetrics metrics) {
        this.settings = settings;
        time = settings.time();
        scheduler = Scheduler.givenOrThreaded(settings.scheduler(), "distsync-" + settings.kind() + "s");
        keeper = new LeaseKeeper(time, scheduler);
        callbacks = new Callbacks("distsync-" + settings.kind() + "s-callback");
        observer = new ClaimObserver(time, metrics);
    }

    /**
     * Makes a claim, which begins when it is waited for.
     *
     * @param claim makes it, for the line of that name
     * @throws IllegalArgumentException if the name is not one, or the wait is negative or longer than a year
     * @throws ServiceClosedException if the queues are closed
     */
    public Claim claim(String name, Duration wait, Function<Line, ? extends Claim> claim) {
        if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("wait must be from 0 to " + LONGEST_WAIT + ", but is " + wait);
        }
        Claim made = claim.apply(enter(Limits.checkTopic(name)));
        claims.add(made);
        observer.observe(made);
        var unused = made.gone().thenRun(() -> claims.remove(made));
        if (closed) { // or close() sees the claim
            made.notBegun();
            throw refusal(name);
        }
        return made;
    }

    /** Begins a claim, and waits until it is granted or over. */
    public <G> Optional<G> await(Claim claim, Function<Held, G> grant) {
        Attendant here = attendant();
        try {
            claim.begin(here);
            here.await(claim.granted());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            claim.giveUp();
            var unused = claim.granted().thenAccept(granted -> abandon(claim, granted));
            throw new NotAppliedException("interrupted while waiting for " + claim, e);
        } finally {
            here.leave();
        }
        try {
            return claim.granted().join() ? Optional.of(grant.apply(new Held(claim))) : Optional.empty();
        } catch (CompletionException e) {
            throw raise(claim, Objects.requireNonNull(e.getCause()));
        }
    }

    /** Begins a claim; completes on a thread made for it when it is granted or over. Gives it up if it is completed otherwise. */
    public <G> CompletableFuture<Optional<G>> whenGranted(Claim claim, Function<Held, G> grant) {
        claim.begin(null);
        CompletableFuture<Optional<G>> asked = new CompletableFuture<>();
        var unused = claim.granted()
                .whenComplete((granted, failure) -> call(() -> {
                    if (failure != null) {
                        asked.completeExceptionally(failure);
                    } else if (!asked.complete(
                            granted ? Optional.of(grant.apply(new Held(claim))) : Optional.empty())) {
                        abandon(claim, granted);
                    }
                }));
        var unusedToo = asked.whenComplete((grantedOrNot, failure) -> claim.giveUp());
        return asked;
    }

    private static void abandon(Claim claim, boolean granted) {
        if (granted) {
            var unused = claim.release(null);
        }
    }

    private static RuntimeException raise(Claim claim, Throwable failure) {
        return failure instanceof RuntimeException unchecked
                ? unchecked
                : new NotAppliedException(claim + " was not acquired", failure);
    }

    /** What is held here and waited for at this moment, by name; without a question to the store. */
    public List<HoldStatus> status() {
        return observer.status(claims);
    }

    /** Gives back what is held here, and waits for the store to know, for five seconds at most. Who waits fails. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Set<Claim> last = Set.copyOf(claims);
        last.forEach(Claim::stopWaiting); // or they would be granted what is given back now
        CompletableFuture<?>[] released = last.stream().map(Claim::close).toArray(CompletableFuture[]::new);
        boolean unused = awaitQuietly(attendant(), CompletableFuture.allOf(released));
        keeper.close();
        scheduler.close();
        callbacks.close();
        lines.values().forEach(counted -> counted.line().map().close());
    }

    // --- for claims -------------------------------------------------------------------------------------------------

    /** The line of that name, with one claim more. */
    private Line enter(String name) {
        return Objects.requireNonNull(lines.compute(
                        name, (same, counted) -> counted == null ? new Counted(open(name), 1) : counted.and(1)))
                .line();
    }

    /** A line that has claims has one more. */
    void stay(String name) {
        lines.computeIfPresent(name, (same, counted) -> counted.and(1));
    }

    private ServiceClosedException refusal(String name) {
        return new ServiceClosedException("closed; " + describe(name) + " was not touched");
    }

    private Line open(String name) {
        if (closed) {
            throw refusal(name);
        }
        return new Line(this, name, settings.service().map(settings.topic(name)));
    }

    /** The line has one claim less. */
    void leave(String name) {
        lines.computeIfPresent(name, (same, counted) -> {
            if (counted.claims() > 1) {
                return counted.and(-1);
            }
            counted.line().map().close();
            return null;
        });
    }

    String describe(String name) {
        return settings.kind() + " '" + name + "'";
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    long now() {
        return time.nanos();
    }

    Scheduler.Cancellable later(Duration delay, Runnable task) {
        return scheduler.schedule(task, delay);
    }

    void tell(Consumer<LossReason> callback, LossReason why) {
        call(() -> callback.accept(why));
    }

    /** Runs what may run code of users: never on a thread that others depend on, unless there is no other any more. */
    void call(Runnable task) {
        callbacks.run(task);
    }

    /** This thread, which is going to wait. */
    Attendant attendant() {
        return new Attendant(this::call);
    }

    /** Waits for an answer that comes, at the latest when the service gives up. */
    static Release await(Attendant here, CompletableFuture<Release> release) {
        return awaitQuietly(here, release) ? release.join() : Release.RELEASED;
    }

    private static boolean awaitQuietly(Attendant here, CompletableFuture<?> future) {
        try {
            return LastWords.await(future, here::await);
        } finally {
            here.leave();
        }
    }
}
