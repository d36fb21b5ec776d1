package io.distsync.backend.local;

import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.Entry;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Commits and reads of one topic of the local backend are linearizable, as Lincheck searches for the contrary. */
@DisplayName("Local backend: linearizable commits and reads of one topic")
class LocalSyncBackendLincheckTest {

    @Test
    void stressFindsNoContradiction() {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(500)
                .threads(3)
                .actorsPerThread(3)
                .sequentialSpecification(Specification.class)
                .check(Topic.class);
    }

    @Test
    @Tag("long")
    void longStressFindsNoContradiction() {
        new StressOptions()
                .iterations(60)
                .invocationsPerIteration(5_000)
                .threads(3)
                .actorsPerThread(4)
                .sequentialSpecification(Specification.class)
                .check(Topic.class);
    }

    /** Some twenty seconds of processor time before the first schedule: only for the long run. */
    @Test
    @Tag("long")
    void modelCheckingFindsNoContradiction() {
        new ModelCheckingOptions()
                .iterations(10)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .sequentialSpecification(Specification.class)
                .check(Topic.class);
    }

    /** The topic under test; answers name values and revisions, which the specification can foretell. */
    @Param(name = "value", gen = IntGen.class, conf = "1:5")
    public static final class Topic {

        private static final String NAME = "topic";
        private static final String A = "a";
        private static final String B = "b";

        private final LocalSyncBackend backend = LocalSyncBackend.builder()
                .time(new NoTime())
                .scheduler(new NoTime())
                .build();
        private final AtomicLong sequence = new AtomicLong();

        @Operation
        public String read() {
            Page page = done(backend.read(NAME, Selection.keys(A, B)));
            return describe(page);
        }

        @Operation
        public long putBoth(@Param(name = "value") int value) {
            return commit(
                            List.of(),
                            Mutation.put(A, Payload.ofInteger(value)),
                            Mutation.put(B, Payload.ofInteger(value)))
                    .head()
                    .revision();
        }

        @Operation
        public long putIfAbsent(@Param(name = "value") int value) {
            CommitResult result = commit(List.of(Check.absent(A)), Mutation.put(A, Payload.ofInteger(value)));
            return result instanceof Conflict conflict
                    ? -Objects.requireNonNull(conflict.failed().get(0).entry())
                            .version()
                            .revision()
                    : result.head().revision();
        }

        @Operation
        public String add(@Param(name = "value") int value) {
            Committed committed = (Committed) commit(List.of(), Mutation.add(A, value));
            Change change = Objects.requireNonNull(committed.outcome(0));
            return Objects.requireNonNull(change.payload()).integer() + "@"
                    + change.version().revision();
        }

        @Operation
        public boolean delete() {
            return ((Committed) commit(List.of(), Mutation.delete(A))).outcome(0) != null;
        }

        private CommitResult commit(List<Check> checks, Mutation... mutations) {
            RequestId request = new RequestId(1, sequence.incrementAndGet());
            return done(backend.commit(Commit.of(NAME, request, Version.ABSENT, checks, List.of(mutations))));
        }

        private static <R> R done(CompletionStage<R> stage) {
            return Objects.requireNonNull(stage.toCompletableFuture().getNow(null));
        }

        private static String describe(Page page) {
            StringBuilder text = new StringBuilder();
            for (Entry entry : page.entries()) {
                text.append(entry.key())
                        .append('=')
                        .append(entry.payload().integer())
                        .append('@')
                        .append(entry.version().revision())
                        .append(' ');
            }
            return text.append(page.head().revision()).toString();
        }
    }

    /** Nothing here depends on time; this keeps the objects that Lincheck has to look through few. */
    private static final class NoTime implements TimeSource, Scheduler {

        @Override
        public long nanos() {
            return 1;
        }

        @Override
        public long epochMillis() {
            return 1;
        }

        @Override
        public Cancellable schedule(Runnable task, Duration delay) {
            throw new AssertionError("nothing has to be scheduled here");
        }

        @Override
        public void close() {}
    }

    /** What the topic has to do when nothing is concurrent. */
    public static final class Specification {

        private static final int GONE = 0;

        private long head;
        private long a;
        private long aRevision = GONE;
        private long b;
        private long bRevision = GONE;

        public String read() {
            return (aRevision == GONE ? "" : "a=" + a + "@" + aRevision + " ")
                    + (bRevision == GONE ? "" : "b=" + b + "@" + bRevision + " ")
                    + head;
        }

        public long putBoth(int value) {
            a = value;
            aRevision = ++head;
            b = value;
            bRevision = ++head;
            return head;
        }

        public long putIfAbsent(int value) {
            if (aRevision != GONE) {
                return -aRevision;
            }
            a = value;
            aRevision = ++head;
            return head;
        }

        public String add(int value) {
            a = (aRevision == GONE ? 0 : a) + value;
            aRevision = ++head;
            return a + "@" + head;
        }

        public boolean delete() {
            if (aRevision == GONE) {
                return false;
            }
            aRevision = GONE;
            head++;
            return true;
        }
    }
}
