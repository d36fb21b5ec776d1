package io.distsync.election;

import io.distsync.CommitBuilder;
import io.distsync.CommitOutcome;
import io.distsync.CommitOutcome.Committed;
import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapPage;
import io.distsync.MapReplica;
import io.distsync.SyncMap;
import io.distsync.Versioned;
import io.distsync.backend.Lease;
import io.distsync.backend.Selection;
import io.distsync.error.RejectedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.KeptLease;
import io.distsync.lease.LossReason;
import io.distsync.log.LogEvent;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entries of an election, as a candidate knows and writes them: one write at a time, and nothing is known that is older than
 * the last one. What is known comes from the replica; should that be late, it is read from the store after the time of a lease.
 */
final class Entries {

    /*
     * Threads. Everything that is not final is the mailbox's; answers, changes and alarms go through it.
     */

    private static final Logger log = LoggerFactory.getLogger(Entries.class);

    private static final Duration RETRY = Duration.ofMillis(100);

    /** What is done with the answer to a write that was committed, in the mailbox. */
    interface Written {

        /**
         * It was committed.
         *
         * @param sent the monotonic time before the write was sent
         */
        void answered(Committed<Member> outcome, long sent);
    }

    private final SyncElections elections;
    private final Mailbox mailbox;
    private final SyncMap<Member> map;
    private final MapReplica<Member> replica;
    private final Duration lease;
    private final Runnable changed;
    private final Runnable serviceClosed;
    private Succession succession = Succession.EMPTY;

    /** What is older than this is not decided on. */
    private Version floor = Version.ABSENT;

    private boolean writing;
    private boolean pausing;
    private boolean refused;
    private long writes;
    private boolean ended;

    /**
     * @param lease of the entries that are kept
     * @param changed called in the mailbox when something has changed, or a write was answered
     * @param serviceClosed called in the mailbox when there is no use in going on
     */
    Entries(
            SyncElections elections,
            Mailbox mailbox,
            SyncMap<Member> map,
            Duration lease,
            Runnable changed,
            Runnable serviceClosed) {
        this.elections = elections;
        this.mailbox = mailbox;
        this.map = map;
        this.lease = lease;
        this.changed = changed;
        this.serviceClosed = serviceClosed;
        replica = map.replica();
    }

    void begin() {
        try {
            var unused = replica.onChange(new Changes()); // ends with the map
        } catch (ServiceClosedException e) {
            serviceClosed.run();
            return;
        }
        mailbox.postLater(lease, this::look);
    }

    /** Nothing is told any more; what is still answered counts for nothing. */
    void end() {
        ended = true;
    }

    /** Ends the replica. Waits for what it is telling, so it is not called in the mailbox. */
    void close() {
        map.close();
    }

    // --- what is known ----------------------------------------------------------------------------------------------

    /** Who leads as last known, for any thread; {@code null} if nobody does. */
    @Nullable
    Leader leader() {
        return replica.get(Succession.LEADER).map(Leader::of).orElse(null);
    }

    /** {@code null} if nothing is known that is new enough. */
    @Nullable
    Succession succession() {
        Version head = replica.version(); // before the entries, which may be newer
        if (!floor.isNewerThan(head)) {
            succession = Succession.of(head, replica.entries(), succession, elections.now());
        }
        return floor.isNewerThan(succession.head()) ? null : succession;
    }

    /** Looks at the store, in case it has not been heard of. */
    private void look() {
        if (ended) {
            return;
        }
        mailbox.postLater(lease, this::look);
        if (writing) {
            return;
        }
        long before = writes;
        try {
            var unused = map.readAsync(Selection.first("", Limits.MAX_PAGE))
                    .whenComplete((page, failure) -> mailbox.post(() -> {
                        if (failure == null && !page.more() && before == writes && !ended) {
                            looked(page);
                        }
                    }));
        } catch (ServiceClosedException e) {
            log.debug("election topic '{}': the service is closed", map.topic().name(), e);
        }
    }

    /** What was read is what counts, though it may be older: then history was rewound. */
    private void looked(MapPage<Member> page) {
        Map<String, Versioned<Member>> entries = new LinkedHashMap<>();
        page.entries().forEach(entry -> entries.put(entry.key(), entry.versioned()));
        floor = page.head();
        succession = Succession.of(page.head(), entries, succession, elections.now());
        changed.run();
    }

    /** Whatever has changed, the replica has it. */
    private final class Changes implements MapListener<Member> {

        @Override
        public void onSnapshot(List<MapEntry<Member>> entries, Version head) {
            mailbox.post(changed);
        }

        @Override
        public void onChanges(List<MapChange<Member>> changes) {
            mailbox.post(changed);
        }
    }

    // --- what is written --------------------------------------------------------------------------------------------

    /** Whether a write is under way, or is to be tried again in a moment. */
    boolean isWriting() {
        return writing;
    }

    /**
     * Commits. If that fails, or meets a history that was rewound, there is a pause, and then it is for the rule to say what to do.
     */
    void write(Consumer<CommitBuilder<Member>> commit, Written written) {
        writing = true;
        writes++;
        long sent = elections.now();
        try {
            var unused = map.commitAsync(commit)
                    .whenComplete((outcome, failure) -> mailbox.post(() -> {
                        if (failure == null) {
                            answered(outcome, written, sent);
                        } else {
                            failed(failure);
                        }
                    }));
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void answered(CommitOutcome<Member> outcome, Written written, long sent) {
        refused = false;
        floor = outcome.head();
        if (!outcome.isCommitted() && !floor.isNewerThan(succession.head())) {
            goOnAfter(RETRY); // history was rewound, and the feed may not have told so yet
            return;
        }
        writing = false;
        if (ended) {
            return;
        }
        if (outcome instanceof Committed<Member> committed) {
            written.answered(committed, sent);
        }
        changed.run();
    }

    private void failed(Throwable failure) {
        if (failure instanceof ServiceClosedException) {
            log.debug("election topic '{}': the service is closed", map.topic().name(), failure);
            serviceClosed.run();
            return;
        }
        if (failure instanceof RejectedException || failure instanceof IllegalArgumentException) {
            if (!refused) {
                LogEvent.ELECTION_REFUSED
                        .on(log)
                        .setCause(failure)
                        .log(
                                "election topic '{}': the store does not take a write",
                                map.topic().name());
            }
            refused = true;
            goOnAfter(lease);
            return;
        }
        log.debug("election topic '{}': a write failed", map.topic().name(), failure);
        goOnAfter(RETRY);
    }

    private void goOnAfter(Duration pause) {
        pausing = true;
        long before = writes;
        mailbox.postLater(pause, () -> {
            if (before == writes) {
                goOn();
            }
        });
    }

    /** Ends the pause after a write, if there is one. */
    void goOn() {
        if (pausing) {
            pausing = false;
            writing = false;
            changed.run();
        }
    }

    /** Renews the lease of an entry from now on; its loss is told in the mailbox. */
    KeptLease keep(String key, String leaseId, long sent, Consumer<LossReason> onLost) {
        Lease kept = new Lease(map.topic().name(), key, leaseId);
        return elections.keeper().keep(map, kept, lease, sent, why -> mailbox.post(() -> onLost.accept(why)));
    }
}
