package io.distsync.queue;

import io.distsync.CommitBuilder;
import io.distsync.CommitOutcome;
import io.distsync.CommitOutcome.Committed;
import io.distsync.CommitOutcome.Conflict;
import io.distsync.LeaseOptions;
import io.distsync.SyncMap;
import io.distsync.backend.Check;
import io.distsync.backend.Selection;
import io.distsync.log.LogEvent;
import io.distsync.version.Limits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the store who of this node joins a queue and who leaves it. One commit is under way at a time; what is wanted in the
 * meantime goes together with the next one, in the order in which it was wanted.
 *
 * <p>(Group commit: DeWitt et al., "Implementation techniques for main memory database systems", 1984.)
 */
final class LineCommits {

    /*
     * Threads. Whoever comes first sends; whoever brings the answer passes it on and sends what has gathered. The monitor guards
     * what has gathered, and whether a commit is under way; neither the store nor a claim is called under it.
     */

    private static final Logger log = LoggerFactory.getLogger(LineCommits.class);

    /** Few enough for a common read of the store to have all of them and those before. */
    private static final int TOGETHER = 48;

    private final LeaseQueues queues;
    private final SyncMap<Contender> map;
    private final Deque<Step> gathered = new ArrayDeque<>();
    private boolean underWay;

    LineCommits(LeaseQueues queues, SyncMap<Contender> map) {
        this.queues = queues;
        this.map = map;
    }

    private sealed interface Step permits Join, Leave {

        /** Sees to the answer; {@code null} for threads of the service. */
        @Nullable
        Executor here();
    }

    /** A claim wants a place. */
    record Join(Claim claim, String leaseId, @Nullable Executor here) implements Step {}

    /** @param told gets whether the place was there; {@code null} if the store did not say */
    private record Leave(Place place, @Nullable Executor here, Consumer<@Nullable Boolean> told) implements Step {}

    void join(Join join) {
        submit(join);
    }

    /**
     * Gives up a place. Only this very entry is deleted: in a history that was lost and begun anew, somebody else may have the
     * same key.
     */
    void leave(Place place, @Nullable Executor here, Consumer<@Nullable Boolean> told) {
        submit(new Leave(place, here, told));
    }

    /** Whether it was not sent yet; then it will not be. */
    synchronized boolean takeBack(Join join) {
        return gathered.remove(join);
    }

    private void submit(Step step) {
        Batch batch;
        synchronized (this) {
            gathered.add(step);
            if (underWay) {
                return;
            }
            batch = next();
        }
        send(batch);
    }

    private void send(Batch first) {
        Batch batch = first;
        while (!batch.isEmpty()) {
            Batch asked = batch;
            long sent = queues.now();
            CompletableFuture<CommitOutcome<Contender>> answer = commit(asked);
            if (!answer.isDone()) {
                var unused = answer.whenComplete((outcome, failure) -> send(answered(asked, sent, outcome, failure)));
                return;
            }
            batch = answer.handle((outcome, failure) -> answered(asked, sent, outcome, failure))
                    .join();
        }
    }

    private CompletableFuture<CommitOutcome<Contender>> commit(Batch batch) {
        try {
            Executor here = batch.here();
            return here == null ? map.commitAsync(batch::describe) : map.commitAsync(batch::describe, here);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Passes the answer on; returns what is to be sent next. */
    private Batch answered(
            Batch batch, long sent, @Nullable CommitOutcome<Contender> outcome, @Nullable Throwable failure) {
        if (outcome instanceof Conflict<Contender> conflict) {
            Batch rest = batch.without(conflict);
            return rest.isEmpty() ? next() : rest;
        }
        if (outcome instanceof Committed<Contender> committed) {
            batch.succeeded(committed, sent);
        } else {
            batch.failed(Objects.requireNonNull(failure));
        }
        return next();
    }

    private synchronized Batch next() {
        List<Step> steps = new ArrayList<>(Math.min(gathered.size(), TOGETHER));
        while (steps.size() < TOGETHER && !gathered.isEmpty()) {
            steps.add(gathered.remove());
        }
        underWay = !steps.isEmpty();
        return Batch.of(steps);
    }

    /** What goes together: those who leave, and then those who come. */
    private record Batch(List<Leave> leaves, List<Join> joins) {

        static Batch of(List<Step> steps) {
            return new Batch(only(Leave.class, steps), only(Join.class, steps));
        }

        private static <S extends Step> List<S> only(Class<S> kind, List<Step> steps) {
            return steps.stream().filter(kind::isInstance).map(kind::cast).toList();
        }

        boolean isEmpty() {
            return leaves.isEmpty() && joins.isEmpty();
        }

        @Nullable
        Executor here() {
            return Stream.<Step>concat(joins.stream(), leaves.stream())
                    .map(Step::here)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
        }

        void describe(CommitBuilder<Contender> commit) {
            for (Leave leave : leaves) {
                Place place = leave.place();
                commit.expect(place.key(), place.version()).delete(place.key());
            }
            for (Join join : joins) {
                Claim claim = join.claim();
                commit.putSequential(Claim.QUEUE, claim.contender(), LeaseOptions.lease(join.leaseId(), claim.lease()));
            }
            commit.select(selection());
        }

        /** What each of them wants to know, the first of those who come included. */
        private Selection selection() {
            if (joins.isEmpty()) {
                return Selection.none();
            }
            int most = joins.stream()
                    .mapToInt(join -> join.claim().selectionOfJoin().limit())
                    .max()
                    .orElseThrow();
            return Selection.last(
                    joins.get(0).claim().selectionOfJoin().prefix(),
                    Math.min(most + joins.size() - 1, Limits.MAX_PAGE));
        }

        /** All have their places before the first of them asks about that of another. */
        void succeeded(Committed<Contender> committed, long sent) {
            List<CommitOutcome.Written<Contender>> written = committed.written();
            List<Runnable> next = new ArrayList<>(joins.size());
            for (int i = 0; i < joins.size(); i++) {
                Join join = joins.get(i);
                Place place = join.claim().placed(written.get(leaves.size() + i), join.leaseId(), sent);
                if (place != null) {
                    next.add(() -> join.claim().joined(place, committed.selected()));
                }
            }
            next.forEach(Batch::call);
            leaves.forEach(leave -> call(() -> leave.told().accept(true)));
        }

        void failed(Throwable failure) {
            joins.forEach(join -> call(() -> join.claim().notJoined(failure)));
            leaves.forEach(leave -> call(() -> {
                log.debug(
                        "{}: the store was not told that a place is free",
                        leave.place().key(),
                        failure);
                leave.told().accept(null);
            }));
        }

        /** The same without those whose places were gone already, who are told. */
        Batch without(Conflict<Contender> conflict) {
            Set<String> gone = conflict.failed().stream()
                    .map(failed -> ((Check.VersionIs) failed.check()).key())
                    .collect(Collectors.toSet());
            List<Leave> left = new ArrayList<>(leaves.size());
            for (Leave leave : leaves) {
                if (gone.contains(leave.place().key())) {
                    call(() -> leave.told().accept(false));
                } else {
                    left.add(leave);
                }
            }
            return new Batch(left, joins);
        }

        /** One of them must not keep the others from being told. */
        private static void call(Runnable answer) {
            try {
                answer.run();
            } catch (RuntimeException e) {
                LogEvent.QUEUE_ANSWER_LOST
                        .on(log)
                        .setCause(e)
                        .log("an answer of the store about a queue could not be passed on");
            }
        }
    }
}
