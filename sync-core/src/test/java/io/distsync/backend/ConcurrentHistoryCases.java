package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.testsupport.history.CounterModel;
import io.distsync.testsupport.history.HistoryRecorder;
import io.distsync.testsupport.history.LinearizabilityChecker;
import io.distsync.testsupport.history.RegisterModel;
import io.distsync.testsupport.history.RegisterModel.CompareAndSet;
import io.distsync.testsupport.history.RegisterModel.Done;
import io.distsync.testsupport.history.RegisterModel.Input;
import io.distsync.testsupport.history.RegisterModel.Output;
import io.distsync.testsupport.history.RegisterModel.Read;
import io.distsync.testsupport.history.RegisterModel.Refused;
import io.distsync.testsupport.history.RegisterModel.Value;
import io.distsync.testsupport.history.RegisterModel.Write;
import io.distsync.testsupport.history.Verdict;
import io.distsync.version.Version;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;

/** Commits of one topic are linearizable, reads included: random concurrent histories, checked against a model. */
abstract class ConcurrentHistoryCases {

    private static final String KEY = "register";
    private static final int PROCESSES = 4;
    private static final int OPERATIONS = 60;

    @RepeatedTest(5)
    @DisplayName("B57: concurrent reads, writes, deletes and compare-and-sets of one key are linearizable")
    void registerIsLinearizable(TopicUnderTest topic) {
        long seed = newSeed("register");
        HistoryRecorder<Input, Output> recorder = new HistoryRecorder<>();

        try (Workers workers = Workers.start(PROCESSES, process -> {
            Random random = new Random(seed + process);
            RegisterClient client = new RegisterClient(topic, recorder, process);
            for (int i = 0; i < OPERATIONS; i++) {
                client.step(random.nextInt(10), "p" + process + "/" + i);
            }
        })) {
            workers.join();
        }

        Verdict verdict = new LinearizabilityChecker<>(new RegisterModel()).check(recorder.operations());
        assertThat(verdict.isLinearizable()).as("seed %s: %s", seed, verdict).isTrue();
    }

    @RepeatedTest(5)
    @DisplayName("B57: concurrent additions to one key, and reads of it, are linearizable")
    void counterIsLinearizable(TopicUnderTest topic) {
        long seed = newSeed("counter");
        HistoryRecorder<Long, Long> recorder = new HistoryRecorder<>();

        try (Workers workers = Workers.start(PROCESSES, process -> {
            Random random = new Random(seed + process);
            for (int i = 0; i < OPERATIONS; i++) {
                long delta = random.nextInt(4);
                HistoryRecorder<Long, Long>.Call call = recorder.begin(process, delta);
                try {
                    call.answered(delta == 0 ? readCounter(topic) : add(topic, delta));
                } catch (NotAppliedException e) {
                    call.notApplied();
                } catch (OutcomeUnknownException e) {
                    call.unknown();
                }
            }
        })) {
            workers.join();
        }

        Verdict verdict = new LinearizabilityChecker<>(new CounterModel()).check(recorder.operations());
        assertThat(verdict.isLinearizable()).as("seed %s: %s", seed, verdict).isTrue();
    }

    private static long readCounter(TopicUnderTest topic) {
        Entry entry = topic.entry(KEY);
        return entry == null ? 0 : entry.payload().integer();
    }

    private static long add(TopicUnderTest topic, long delta) {
        Change change = Objects.requireNonNull(
                topic.committed(List.of(), Mutation.add(KEY, delta)).outcome(0));
        return Objects.requireNonNull(change.payload()).integer();
    }

    /** The seed decides what each process does; how they interleave, no seed can tell. */
    private static long newSeed(String what) {
        long seed = Long.getLong("sync.test.seed", ThreadLocalRandom.current().nextLong());
        System.out.println("history of a " + what + ": seed " + seed + " (repeat with -Dsync.test.seed)");
        return seed;
    }

    /** One process: does random things to the register and expects, when it compares, what it saw last. */
    private static final class RegisterClient {

        private final TopicUnderTest topic;
        private final HistoryRecorder<Input, Output> recorder;
        private final int process;
        private Version seenVersion = Version.ABSENT;
        private @Nullable String seenValue;

        RegisterClient(TopicUnderTest topic, HistoryRecorder<Input, Output> recorder, int process) {
            this.topic = topic;
            this.recorder = recorder;
            this.process = process;
        }

        void step(int choice, String value) {
            if (choice < 3) {
                call(new Read(), () -> saw(topic.entry(KEY)));
            } else if (choice < 4) {
                call(new Write(value), () -> wrote(topic.put(KEY, value), value));
            } else if (choice < 5) {
                call(new Write(null), () -> {
                    topic.delete(KEY);
                    return wrote(Version.ABSENT, null);
                });
            } else {
                call(new CompareAndSet(seenValue, value), () -> compareAndSet(value));
            }
        }

        private void call(Input input, java.util.function.Supplier<Output> operation) {
            HistoryRecorder<Input, Output>.Call call = recorder.begin(process, input);
            try {
                call.answered(operation.get());
            } catch (NotAppliedException e) {
                call.notApplied();
            } catch (OutcomeUnknownException e) {
                call.unknown();
            }
        }

        private Output compareAndSet(String value) {
            CommitResult result = topic.commit(List.of(Check.versionIs(KEY, seenVersion)), putText(KEY, value));
            if (result instanceof Committed committed) {
                return wrote(committed.head(), value);
            }
            saw(((Conflict) result).failed().get(0).entry());
            return new Refused(seenValue);
        }

        private Output saw(@Nullable Entry entry) {
            seenVersion = entry == null ? Version.ABSENT : entry.version();
            seenValue = entry == null ? null : TopicUnderTest.text(entry.payload());
            return new Value(seenValue);
        }

        private Output wrote(Version version, @Nullable String value) {
            seenVersion = version;
            seenValue = value;
            return new Done();
        }
    }
}
