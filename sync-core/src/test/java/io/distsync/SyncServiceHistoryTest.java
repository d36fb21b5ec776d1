package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.ScriptedBackend.Fault;
import io.distsync.StateModel.Input;
import io.distsync.StateModel.Output;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.testsupport.history.HistoryRecorder;
import io.distsync.testsupport.history.LinearizabilityChecker;
import io.distsync.testsupport.history.Verdict;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records what concurrent callers are told, and looks for one order of all calls that explains every answer. */
@Timeout(120)
class SyncServiceHistoryTest {

    private static final Duration SHORT = Duration.ofMillis(200);

    private final Random seeds = new Random();

    @RepeatedTest(10)
    @DisplayName("S1: calls of several threads through one service are linearizable")
    void oneService() {
        check(new Setting(1, 4, 60, Network.NONE));
    }

    @RepeatedTest(10)
    @DisplayName("S1: calls through two services on one store are linearizable")
    void twoServices() {
        check(new Setting(2, 4, 40, Network.NONE));
    }

    @RepeatedTest(5)
    @DisplayName("S13: calls whose requests and replies are lost are linearizable, with each unknown one or without")
    void twoServicesWithFaults() {
        check(new Setting(2, 4, 20, Network.BAD));
    }

    @RepeatedTest(10)
    @DisplayName(
            "S33: calls of several threads are linearizable with two commits under way, some of which meet with faults")
    void twoCommitsUnderWay() {
        check(new Setting(1, 6, 100, Network.SLOW));
        check(new Setting(2, 8, 40, Network.SLOW));
    }

    @Test
    @Tag("long")
    @Timeout(900)
    @DisplayName("S1, S13: hundreds of histories are linearizable")
    void manyHistories() {
        for (int i = 0; i < 200; i++) {
            check(new Setting(1, 3, 100, Network.NONE));
            check(new Setting(3, 6, 50, Network.NONE));
            check(new Setting(2, 4, 30, Network.BAD));
            check(new Setting(1, 6, 100, Network.SLOW));
            check(new Setting(2, 8, 40, Network.SLOW));
        }
    }

    private enum Network {
        /** The store is at hand. */
        NONE,
        /** More than every second commit meets with a fault. */
        BAD,
        /** Answers take their time, and a few commits meet with a fault. */
        SLOW
    }

    private record Setting(int services, int threads, int calls, Network network) {}

    private void check(Setting setting) {
        long seed = seeds.nextLong();
        HistoryRecorder<Input, Output> history = new HistoryRecorder<>();
        AtomicInteger notApplied = new AtomicInteger();
        List<ScriptedBackend> connections = new ArrayList<>();
        boolean local = setting.network() == Network.NONE;
        ExecutorService wire = Executors.newSingleThreadExecutor(work -> new Thread(work, "wire"));
        try (Nodes nodes = new Nodes(local ? new LocalFixture() : new ScriptedFixture(connections::add))) {
            List<SyncService> services = new ArrayList<>();
            for (int i = 0; i < setting.services(); i++) {
                services.add(
                        nodes.open(builder -> setting.network() == Network.BAD ? builder.timeout(SHORT) : builder));
            }
            Topic<Counter> topic = nodes.counters();
            if (!local) {
                Fault dice = new Dice(new Random(seed), setting.network() == Network.BAD ? 20 : 200);
                Fault fault = setting.network() == Network.BAD ? dice : Fault.over(wire, dice);
                connections.forEach(connection -> connection.always(fault));
                connections.get(0).always(Fault.pass());
            }
            Together.run(setting.threads(), thread -> {
                Random random = new Random(seed + thread);
                Caller caller = new Caller(services.get(thread % services.size()), topic, random);
                for (int i = 0; i < setting.calls(); i++) {
                    Input input = caller.choose();
                    HistoryRecorder<Input, Output>.Call call = history.begin(thread, input);
                    try {
                        call.answered(caller.call(input));
                    } catch (OutcomeUnknownException e) {
                        call.unknown();
                    } catch (NotAppliedException e) {
                        notApplied.incrementAndGet();
                        call.notApplied();
                    }
                }
            });
            connections.forEach(connection -> connection.always(Fault.pass()));
        } finally {
            wire.shutdown();
        }
        Verdict verdict = new LinearizabilityChecker<>(new StateModel()).check(history.operations());
        assertThat(verdict.isLinearizable()).as("seed %s: %s", seed, verdict).isTrue();
        if (local) {
            assertThat(notApplied).as("nothing was in the way of these").hasValue(0);
            assertThat(history.operations()).hasSize(setting.threads() * setting.calls());
        }
    }

    /** Chooses calls and makes them; used by one thread. */
    private static final class Caller {

        private final SyncService service;
        private final Topic<Counter> topic;
        private final Random random;
        private Version seen = Version.ABSENT;

        Caller(SyncService service, Topic<Counter> topic, Random random) {
            this.service = service;
            this.topic = topic;
            this.random = random;
        }

        Input choose() {
            int dice = random.nextInt(20);
            if (dice < 8) {
                return new Input.Add(1 + random.nextInt(9));
            }
            if (dice < 11) {
                return new Input.Add(0);
            }
            if (dice < 14) {
                return new Input.CompareAndSet(seen.revision(), random.nextInt(1_000));
            }
            if (dice < 16) {
                return new Input.Send(random.nextInt(1_000));
            }
            return dice < 18 ? new Input.Fetch() : new Input.Delete();
        }

        Output call(Input input) {
            if (input instanceof Input.Add add) {
                return state(service.optimisticUpdate(topic, state -> state.plus(add.delta())));
            }
            if (input instanceof Input.Send send) {
                return state(service.send(topic, Counter.of(send.value())));
            }
            if (input instanceof Input.CompareAndSet compare) {
                CasResult<Counter> result = service.compareAndSet(topic, seen, Counter.of(compare.value()));
                Output.Stored current = state(result.current());
                return result.isCommitted() ? current : new Output.Refused(current);
            }
            if (input instanceof Input.Delete) {
                boolean deleted = service.delete(topic);
                seen = Version.ABSENT;
                return new Output.Deleted(deleted);
            }
            return service.fetchLatest(topic).map(this::state).orElse(Output.Stored.ABSENT);
        }

        private Output.Stored state(Versioned<Counter> versioned) {
            if (!versioned.present()) {
                seen = Version.ABSENT;
                return Output.Stored.ABSENT;
            }
            seen = versioned.version();
            return new Output.Stored(true, seen.revision(), versioned.value().value());
        }
    }

    /** Decides by chance what happens to a commit. */
    private static final class Dice implements Fault {

        private final Random random;
        private final int sides;

        /** @param sides 12 of them are faults */
        Dice(Random random, int sides) {
            this.random = random;
            this.sides = sides;
        }

        @Override
        public CompletionStage<CommitResult> play(
                Commit commit, Function<Commit, CompletionStage<CommitResult>> store) {
            int dice;
            synchronized (random) {
                dice = random.nextInt(sides);
            }
            Fault fault = dice < 4
                    ? Fault.requestLost()
                    : dice < 8
                            ? Fault.replyLost()
                            : dice < 10 ? Fault.unavailable() : dice < 12 ? Fault.duplicated() : Fault.pass();
            return fault.play(commit, store);
        }
    }
}
