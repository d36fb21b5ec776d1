package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.Page;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.faults.Processes.Said;
import io.distsync.backend.faults.Servers.Mode;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real processes stand for election; whoever leads is stopped for twice the lease, or killed, or Redis is killed and started
 * again, at once or after twice the lease. How many faults one play has is set by {@code -Dsync.test.election.faults}; on Kafka it is half as
 * many.
 */
class LeadingTest {

    private static final Logger log = LoggerFactory.getLogger(LeadingTest.class);

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofSeconds(1);

    /** Longer than anything here is waited for. */
    private static final Duration LONG_LEASE = Duration.ofMinutes(10);

    /** What a machine that does much else at the same time may add to what is promised. */
    private static final Duration BUSY = Duration.ofSeconds(3);

    private static final int PROCESSES = 3;
    private static final int FAULTS = Integer.getInteger("sync.test.election.faults", 4);

    private enum Fault {
        PAUSE,
        KILL,
        RESTART,
        OUTAGE
    }

    private final Processes processes = new Processes();
    private final Map<Fault, Integer> played = new EnumMap<>(Fault.class);
    private final List<Said> stopped = new ArrayList<>();
    private Duration lease = LEASE;
    private long longest;
    private Servers servers;

    @AfterEach
    void stop() {
        processes.close();
        servers.close();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("E2: of processes that are stopped and killed, and a store that is restarted, each term is told once")
    void manyFaults(Mode mode) {
        start(mode, LEASE);
        int faults = mode == Mode.REDIS ? FAULTS : Math.max(4, FAULTS / 2);
        Fault[] kinds = Fault.values();
        for (int i = 0; i < faults; i++) {
            play(kinds[i % kinds.length]);
        }
        judge();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("E7: a process that is stopped for twice its lease leads no more, and what it writes is refused")
    void pause(Mode mode) {
        start(mode, LEASE);
        play(Fault.PAUSE);
        judge();
        assertHandOver();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("E17: a process that is killed is followed when its lease is over")
    void crash(Mode mode) {
        start(mode, LEASE);
        play(Fault.KILL);
        judge();
        assertHandOver();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("E6: a process that ends in order is followed long before its lease is over")
    void end(Mode mode) {
        start(mode, LONG_LEASE);
        Said leader = awaitLeaderAfter(null);
        processes.end(leader.pid());
        awaitLeaderAfter(leader);
        eventually().until(() -> processes.count("REVOKED", leader.about()) == 1);
        judge();
    }

    // --- faults -----------------------------------------------------------------------------------------------------

    private void start(Mode mode, Duration length) {
        servers = Servers.start(mode, Durability.ALWAYS);
        lease = length;
        for (int i = 0; i < PROCESSES; i++) {
            launch();
        }
        eventually().until(() -> read("election:" + Leading.ELECTION).entries().size() == PROCESSES);
    }

    private void launch() {
        long unused = processes.launch(Leading.class, servers.arguments(lease.toString()));
    }

    /** Whoever was elected last, or the store, gets into trouble; then somebody leads. */
    private void play(Fault fault) {
        Said before = awaitLeaderAfter(null);
        long begin = System.nanoTime();
        switch (fault) {
            case PAUSE -> {
                processes.pause(before.pid());
                handOver(before, begin);
                awaitSince(begin, lease.multipliedBy(2));
                awakenAfterOthersWrote(before);
            }
            case KILL -> {
                processes.kill(before.pid());
                handOver(before, begin);
                launch();
            }
            case RESTART -> {
                servers.redis().kill();
                servers.redis().start();
                Version known = head();
                eventually().until(() -> head().isNewerThan(known));
            }
            case OUTAGE -> {
                servers.redis().kill();
                awaitSince(begin, lease.multipliedBy(2));
                servers.redis().start();
                Said unused = awaitLeaderAfter(before);
                eventually().until(() -> processes.count("REVOKED", before.about()) == 1);
            }
        }
        played.merge(fault, 1, Integer::sum);
    }

    private void handOver(Said before, long begin) {
        Said after = awaitLeaderAfter(before);
        longest = Math.max(longest, Long.parseLong(after.more()) - begin);
    }

    private void awakenAfterOthersWrote(Said before) {
        boolean wasOver = processes.count("OVER", before.about()) > 0;
        eventually()
                .until(() ->
                        processes.said("WROTE").anyMatch(line -> line.about().compareTo(before.about()) > 0));
        long awake = System.nanoTime();
        processes.resume(before.pid());
        eventually()
                .untilAsserted(() -> assertThat(List.of("LOST", "OVER", "LATE", "REVOKED"))
                        .allSatisfy(what -> assertThat(processes.count(what, before.about()))
                                .as("%s, told of %s", what, before)
                                .isEqualTo(1)));
        assertThat(one("OVER", before).more())
                .as("when it was last sure to lead, which was before it went on at %s", awake)
                .satisfies(led -> assertThat(Long.parseLong(led)).isLessThan(awake));
        if (!wasOver) {
            assertThat(one("LATE", before).more())
                    .as("what became of its write")
                    .isEqualTo("REFUSED");
        }
        stopped.add(before);
    }

    // --- judgement --------------------------------------------------------------------------------------------------

    private void judge() {
        processes.killAll();
        log.info(
                "{} terms, {}, longest hand-over after a pause or a kill {} ms",
                processes.count("ELECTED"),
                played,
                TimeUnit.NANOSECONDS.toMillis(longest));
        assertThat(processes.said("ELECTED").map(Said::about)).doesNotHaveDuplicates();
        assertThat(processes.said("REVOKED").map(Said::about)).doesNotHaveDuplicates();
        assertThat(processes.said("LOST").map(Said::about)).doesNotHaveDuplicates();
        assertThat(processes.said("REFUSED"))
                .as("who was refused knew that it was not the leader")
                .allMatch(line -> line.more().equals("false"));
        assertThat(servers.written(Leading.GUARDED))
                .as("tokens of what was written, in the order of the log")
                .isNotEmpty()
                .isSorted();
        assertThat(stopped)
                .allSatisfy(each -> assertThat(processes.count("LOST", each.about()))
                        .as("losses told of %s", each)
                        .isEqualTo(1));
        assertThat(processes.said("OVER")).allSatisfy(this::assertNobodyLedMeanwhile);
        assertThat(processes.saidByEach()).allSatisfy(LeadingTest::assertPairs);
    }

    /** The clock is that of the machine, and so of all its processes. */
    private void assertNobodyLedMeanwhile(Said over) {
        long led = Long.parseLong(over.more());
        assertThat(processes.said("ELECTED").filter(other -> other.about().compareTo(over.about()) > 0))
                .as("those who were elected after %s", over)
                .allSatisfy(other ->
                        assertThat(Long.parseLong(other.more())).as("%s", other).isGreaterThan(led));
    }

    /** What one process said of its terms: elected, revoked, elected with a larger token, revoked. */
    private static void assertPairs(List<Said> all) {
        List<Said> own = all.stream()
                .filter(line -> line.what().equals("ELECTED") || line.what().equals("REVOKED"))
                .toList();
        assertThat(own).extracting(Said::about).isSorted();
        for (int i = 0; i < own.size(); i++) {
            assertThat(own.get(i).what()).isEqualTo(i % 2 == 0 ? "ELECTED" : "REVOKED");
            assertThat(own.get(i).about()).isEqualTo(own.get(i / 2 * 2).about());
        }
    }

    private void assertHandOver() {
        assertThat(Duration.ofNanos(longest))
                .isLessThan(lease.plus(Servers.SWEEP.multipliedBy(2)).plus(BUSY));
    }

    private Said one(String what, Said term) {
        return processes
                .said(what)
                .filter(line -> line.about().equals(term.about()))
                .findFirst()
                .orElseThrow();
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(10));
    }

    private static void awaitSince(long begin, Duration time) {
        eventually().until(() -> System.nanoTime() - begin > time.toNanos());
    }

    /** The last leader that is told, if it is a later one. */
    private Said awaitLeaderAfter(@Nullable Said before) {
        return eventually()
                .until(
                        () -> processes
                                .said("ELECTED")
                                .filter(line -> before == null || line.about().compareTo(before.about()) > 0)
                                .max(Comparator.comparing(Said::about))
                                .orElse(null),
                        Objects::nonNull);
    }

    private Version head() {
        return read(Leading.GUARDED.name()).head();
    }

    private Page read(String topic) {
        try (SyncBackend store = servers.openRedis()) {
            return Judgement.get(store.read(topic, Selection.first("", PROCESSES)));
        }
    }
}
