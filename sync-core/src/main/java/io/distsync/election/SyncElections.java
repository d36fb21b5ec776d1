package io.distsync.election;

import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.Callbacks;
import io.distsync.lease.LastWords;
import io.distsync.lease.LeaseKeeper;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Elections of a leader in a whole cluster: at most one at a time for each name, until it resigns, stops or cannot reach the
 * store. When there is none, the candidate with the highest priority is elected, among equals who came first. Safe to share
 * between threads.
 *
 * <pre>{@code
 * Candidacy candidacy = elections.join("importer", listener);
 * }</pre>
 *
 * <p><b>What is promised.</b> By the clock of the store there is one leader at most, and a leader knows by its own monotonic
 * clock when it is not one any more, before the store may elect another ({@link LeaderTerm#isValid()}). Neither holds if the
 * store loses what it was told, or its clock jumps; and nothing here keeps a process that was paused from going on where it
 * was. What takes effect elsewhere has to check {@link LeaderTerm#token()}.
 *
 * <p>Names are those of topics, up to the length of the prefix. All candidates of a name follow its topic, so it should have
 * some hundred at most. An election nobody takes part in costs the store nothing an hour later.
 */
public final class SyncElections implements AutoCloseable {

    /*
     * Threads. A scheduler's thread keeps the time; code of users runs on threads made for it; everything else happens on
     * callers' and the service's threads.
     */

    private static final Logger log = LoggerFactory.getLogger(SyncElections.class);

    private static final Duration IDLE = Duration.ofHours(1);

    private final SyncService service;
    private final String prefix;
    private final String owner;
    private final CandidateOptions defaults;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final LeaseKeeper keeper;
    private final Callbacks callbacks;
    private final Set<Candidate> candidates = ConcurrentHashMap.newKeySet();
    private final Set<Observer> observers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private SyncElections(Builder builder) {
        service = builder.service;
        prefix = builder.prefix;
        owner = builder.owner;
        defaults = builder.defaults;
        time = builder.time;
        scheduler = Scheduler.givenOrThreaded(builder.scheduler, "distsync-elections");
        keeper = new LeaseKeeper(time, scheduler);
        callbacks = builder.callbacks == null ? new Callbacks("distsync-elections-callback") : builder.callbacks;
    }

    /** Elections of a service, with defaults. The service stays the caller's to close, after the elections. */
    public static SyncElections using(SyncService service) {
        return builder(service).build();
    }

    /** Elections of a service, with settings. */
    public static Builder builder(SyncService service) {
        return new Builder(Objects.requireNonNull(service, "service"));
    }

    /** {@link #join(String, CandidateOptions, LeadershipListener)} with the defaults. */
    public Candidacy join(String name, LeadershipListener listener) {
        return join(name, defaults, listener);
    }

    /**
     * Stands for election until the candidacy is closed. Returns at once; while the store is away, it is tried again.
     *
     * @throws IllegalArgumentException if the name is not one
     * @throws ServiceClosedException if the elections or the service are closed
     */
    public Candidacy join(String name, CandidateOptions options, LeadershipListener listener) {
        Objects.requireNonNull(options, "options");
        Objects.requireNonNull(listener, "listener");
        Candidate candidate = new Candidate(this, name, options, listener, open(name));
        candidates.add(candidate);
        if (closed) { // or close() sees the candidate
            LastWords.await(candidate.abandon());
            throw refusal(name);
        }
        candidate.begin();
        return candidate;
    }

    /**
     * Follows who leads. Returns at once; the view is empty until it has been loaded.
     *
     * @throws IllegalArgumentException if the name is not one
     * @throws ServiceClosedException if the elections or the service are closed
     */
    public ElectionView observe(String name) {
        Observer observer = new Observer(this, name, open(name));
        observers.add(observer);
        if (closed) {
            observer.close();
            throw refusal(name);
        }
        return observer;
    }

    /** The elections that are joined or observed here, by name; without a question to the store. */
    public List<ElectionStatus> status() {
        Map<String, ElectionStatus> known = new TreeMap<>();
        candidates.forEach(each -> known.merge(each.election(), each.status(), ElectionStatus::or));
        observers.forEach(each -> known.merge(each.election(), each.electionStatus(), ElectionStatus::or));
        return List.copyOf(known.values());
    }

    /**
     * Ends all terms, so that others are elected at once, and leaves all elections. Waits for {@code revoked} of each and for the
     * store, for five seconds at most; what did not answer by then is given up, for which it waits as long again at most. Never
     * throws.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        LastWords.await(all(candidates.stream().map(Candidate::leave).toList()));
        LastWords.await(all(candidates.stream().map(Candidate::abandon).toList()));
        Set.copyOf(observers).forEach(Observer::close);
        keeper.close();
        scheduler.close();
        callbacks.close();
    }

    private static CompletableFuture<?> all(List<CompletableFuture<Void>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    }

    private SyncMap<Member> open(String name) {
        Limits.checkTopic(name);
        if (closed) {
            throw refusal(name);
        }
        return service.map(Topic.of(prefix + name, Member.class).withIdleExpiry(IDLE));
    }

    private static ServiceClosedException refusal(String name) {
        return new ServiceClosedException("the elections are closed; '" + name + "' was not touched");
    }

    // --- for those who take part ------------------------------------------------------------------------------------

    void left(Candidate candidate) {
        candidates.remove(candidate);
    }

    void left(Observer observer) {
        observers.remove(observer);
    }

    boolean isClosed() {
        return closed;
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    String owner() {
        return owner;
    }

    long now() {
        return time.nanos();
    }

    long epochMillis() {
        return time.epochMillis();
    }

    Mailbox mailbox() {
        return new Mailbox(scheduler);
    }

    /**
     * Runs what may run code of users: never on a thread that others depend on, unless there is no other any more. False if it
     * will not run, because no thread can be made.
     */
    boolean call(Runnable task) {
        try {
            callbacks.run(task);
            return true;
        } catch (Throwable e) {
            LogEvent.ELECTION_NO_THREAD.on(log).setCause(e).log("there is no thread for a callback of an election");
            return false;
        }
    }

    /** Settings of elections. */
    public static final class Builder {

        private final SyncService service;
        private String prefix = "election:";
        private String owner = "";
        private CandidateOptions defaults = CandidateOptions.defaults();
        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;
        private @Nullable Callbacks callbacks;

        private Builder(SyncService service) {
            this.service = service;
        }

        /** Put before the name of an election to get that of its topic; {@code election:} if it is not set. */
        public Builder prefix(String value) {
            prefix = Objects.requireNonNull(value, "prefix");
            return this;
        }

        /** What others see of a leader: the host and the process, for example. */
        public Builder owner(String value) {
            owner = Objects.requireNonNull(value, "owner");
            return this;
        }

        /** How somebody stands for election without saying so. */
        public Builder defaults(CandidateOptions value) {
            defaults = Objects.requireNonNull(value, "defaults");
            return this;
        }

        /** The clock that leases are judged by. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** What keeps the time; stays the caller's to close. If not set, there is a thread for it. */
        public Builder scheduler(Scheduler value) {
            scheduler = Objects.requireNonNull(value, "scheduler");
            return this;
        }

        /** For tests: what runs code of users. Closed with the elections. */
        Builder callbacks(Callbacks value) {
            callbacks = value;
            return this;
        }

        public SyncElections build() {
            return new SyncElections(this);
        }
    }
}
