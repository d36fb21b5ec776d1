package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of a topic as the script keeps them; said to a real server, word for word. */
class CommitScriptTest {

    private static final String ABSENT = "";

    private static RedisServer server;

    private final AtomicInteger requests = new AtomicInteger();
    private String incarnation = "one";

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.NONE);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void clear() {
        server.call("FLUSHALL");
    }

    @Test
    void firstCommitBeginsAnEpoch() {
        Reply reply = commit().put("key", "value").send();

        assertThat(reply.kind()).isEqualTo("C");
        assertThat(reply.revision()).isEqualTo(1);
        assertThat(reply.epoch()).isGreaterThan(1_700_000_000_000L);
        assertThat(reply.link()).matches("[0-9a-f]{16}");
        assertThat(server.call("HGET", "kv:{t}", "pkey")).isEqualTo("value");
        assertThat(server.call("XLEN", "stream:{t}")).isEqualTo(1L);
    }

    @Test
    void compareAndSetTakesTheWholeVersion() {
        Reply first = commit().check("v", "key", ABSENT).put("key", "1").send();
        Reply second =
                commit().check("v", "key", first.version()).put("key", "2").send();
        assertThat(second.kind()).isEqualTo("C");
        assertThat(second.outcome(0).get(2)).isEqualTo(first.version());

        String sameNumbers = second.version().substring(0, second.version().lastIndexOf('-')) + "-0123456789abcdef";
        Reply conflict = commit().check("v", "key", sameNumbers).put("key", "3").send();

        assertThat(conflict.kind()).isEqualTo("X");
        assertThat(conflict.outcome(0)).containsExactly(0L, second.version(), "2");
        assertThat(server.call("HGET", "kv:{t}", "pkey")).isEqualTo("2");
    }

    @Test
    void existenceIsACheckOfItsOwn() {
        assertThat(commit().check("x", "key", "").put("other", "1").send().kind())
                .isEqualTo("X");
        commit().put("key", "1").send();
        assertThat(commit().check("x", "key", "").put("other", "1").send().kind())
                .isEqualTo("C");
    }

    @Test
    void repeatIsToldTheFirstOutcome() {
        Request request = commit().put("a", "1").delete("absent").put("b", "2");
        Reply first = request.send();
        commit().put("a", "later").send();

        Reply repeat = request.send();

        assertThat(repeat.kind()).isEqualTo("C");
        assertThat(repeat.version()).isEqualTo(first.version());
        assertThat(repeat.outcome(0).subList(0, 4)).isEqualTo(first.outcome(0).subList(0, 4));
        assertThat(repeat.outcome(1)).isEmpty();
        assertThat(repeat.outcome(2).subList(0, 4)).isEqualTo(first.outcome(2).subList(0, 4));
        assertThat(server.call("XLEN", "stream:{t}")).isEqualTo(3L);
    }

    @Test
    void requestWithOtherContentIsRejected() {
        Request request = commit().put("a", "1");
        request.send();

        assertThat(request.digest("another").send().kind()).isEqualTo("R");
    }

    @Test
    void requestThatMayBeForgottenIsTooOld() {
        Request early = commit().retained(256).put("a", "0");
        Reply last = early.send();
        for (int i = 1; i < 500; i++) {
            last = commit().retained(256).known(last).put("a", "x").send();
        }
        assertThat(early.send().kind()).as("within two generations").isEqualTo("C");
        for (int i = 500; i < 600; i++) {
            last = commit().retained(256).known(last).put("a", "x").send();
        }
        assertThat(last.revision()).isEqualTo(600);

        assertThat(early.send().kind()).isEqualTo("O");
        assertThat((Long) server.call("XLEN", "stream:{t}")).isBetween(256L, 601L);
    }

    @Test
    void deleteOfNothingUsesNoRevision() {
        Reply reply = commit().delete("absent").send();

        assertThat(reply.kind()).isEqualTo("C");
        assertThat(reply.revision()).isZero();
        assertThat(reply.outcome(0)).isEmpty();
    }

    @Test
    void deletedEntryIsAbsentAndItsVersionNeverComesBack() {
        Reply first = commit().put("key", "1").send();
        commit().delete("key").send();
        assertThat(commit().check("v", "key", ABSENT).put("key", "2").send().kind())
                .isEqualTo("C");
        assertThat(commit().check("v", "key", first.version())
                        .put("key", "3")
                        .send()
                        .kind())
                .isEqualTo("X");
    }

    @Test
    void additionsStartAtZeroAndAddUpWithinOneCommit() {
        Reply reply = commit().add("n", 5).add("n", -7).send();

        assertThat(reply.outcome(0).get(4)).isEqualTo("5");
        assertThat(reply.outcome(1).get(4)).isEqualTo("-2");
        assertThat(server.call("HGET", "kv:{t}", "pn")).isEqualTo("-2");
    }

    @Test
    void additionThatFailsTakesTheWholeCommitWithIt() {
        commit().put("n", "9007199254740991").put("word", "x").send();

        assertThat(commit().put("a", "1").add("n", 1).send().kind()).isEqualTo("R");
        assertThat(commit().put("a", "1").add("word", 1).send().kind()).isEqualTo("R");
        assertThat(server.call("HEXISTS", "kv:{t}", "pa")).isEqualTo(0L);
    }

    @Test
    void sequentialKeysCarryTheirRevision() {
        Reply reply = commit().sequential("w/", "1")
                .put("x", "1")
                .sequential("w/", "2")
                .send();

        assertThat(reply.outcome(0).get(3)).isEqualTo("w/0000000000000000001");
        assertThat(reply.outcome(2).get(3)).isEqualTo("w/0000000000000000003");
        assertThat(server.call("ZRANGEBYLEX", "keys:{t}", "[w/", "(w0"))
                .isEqualTo(List.of("w/0000000000000000001", "w/0000000000000000003"));
    }

    @Test
    void fenceRisesEvenWithoutAMutationAndRefusesOlderTokens() {
        assertThat(commit().check("f", "lock", "5-7-aa").send().kind()).isEqualTo("C");
        assertThat(commit().check("f", "lock", "5-6-bb").put("a", "1").send().kind())
                .isEqualTo("X");
        assertThat(commit().check("f", "lock", "5-7-aa").put("a", "1").send().kind())
                .isEqualTo("C");
        assertThat(commit().check("f", "other", "1-1-aa").put("a", "1").send().kind())
                .isEqualTo("C");
    }

    @Test
    void dueEntryExpiresBeforeAnythingElseTouchesIt() {
        Reply leased = commit().putLeased("key", "1", "owner", 1).send();

        await().untilAsserted(() -> assertThat(commit().check("v", "key", ABSENT)
                        .put("key", "2")
                        .send()
                        .kind())
                .isEqualTo("C"));

        assertThat(operations()).containsExactly("W", "X", "W");
        assertThat(commit().check("v", "key", leased.version())
                        .put("key", "3")
                        .send()
                        .kind())
                .isEqualTo("X");
    }

    @Test
    void leaseIsKeptOrClearedAsTheCommitSays() {
        commit().putLeased("key", "1", "owner", 60_000).send();
        commit().putKeeping("key", "2").send();
        assertThat(server.call("ZCARD", "lease:{t}")).isEqualTo(1L);
        assertThat((String) server.call("HGET", "kv:{t}", "vkey")).endsWith(" owner");

        commit().put("key", "3").send();

        assertThat(server.call("ZCARD", "lease:{t}")).isEqualTo(0L);
    }

    @Test
    void newIncarnationOpensAnEpochAndTheChainGoesOn() {
        Reply before = commit().put("key", "1").send();
        incarnation = "two";

        Reply after =
                commit().check("v", "key", before.version()).put("key", "2").send();

        assertThat(after.epoch()).isGreaterThan(before.epoch());
        assertThat(after.revision()).isEqualTo(2);
        assertThat(lastChange()).containsSequence("q", before.link());
    }

    @Test
    void nothingExpiresInANewIncarnationBeforeItsOwnerCouldRenew() {
        commit().putLeased("other", "1", "owner", 600_000).send();
        commit().putLeased("key", "1", "owner", 1).send();
        incarnation = "two";

        assertThat(commit().check("x", "key", "").put("a", "1").send().kind()).isEqualTo("C");
        assertThat(commit().check("x", "key", "").put("a", "1").send().kind()).isEqualTo("C");
    }

    @Test
    void lostStateBeginsAnewAndNothingOfTheOldLogRemains() {
        Reply before = commit().put("key", "1").send();
        server.call("DEL", "kv:{t}");

        Reply refused =
                commit().known(before).check("v", "key", ABSENT).put("key", "2").send();
        assertThat(refused.kind()).isEqualTo("O");
        assertThat(refused.epoch()).isGreaterThan(before.epoch());
        assertThat(server.call("XLEN", "stream:{t}")).isEqualTo(0L);
        Reply anew = commit().known(refused)
                .check("v", "key", ABSENT)
                .put("key", "2")
                .send();

        assertThat(anew.kind()).isEqualTo("C");
        assertThat(anew.revision()).isEqualTo(1);
    }

    @Test
    void lostLogOpensAnEpochAndTheStateStays() {
        Reply before = commit().put("key", "1").send();
        server.call("DEL", "stream:{t}");

        Reply after =
                commit().check("v", "key", before.version()).put("key", "2").send();

        assertThat(after.kind()).isEqualTo("C");
        assertThat(after.epoch()).isGreaterThan(before.epoch());
        assertThat(after.revision()).isEqualTo(2);
    }

    @Test
    void logAheadOfTheStateOpensAnEpochAndTheCommitGoesOn() {
        Reply before = commit().put("key", "1").send();
        server.call("XADD", "stream:{t}", before.epoch() + "-9", "k", "key");

        Reply after = commit().put("key", "2").send();

        assertThat(after.kind()).isEqualTo("C");
        assertThat(after.epoch()).isGreaterThan(before.epoch());
        assertThat(after.revision()).isEqualTo(2);
    }

    @Test
    void keyOfAnotherTypeIsNamedAndNothingIsWritten() {
        server.call("SET", "req:{t}", "a string");

        assertThat(commit().put("a", "1").send().raw()).containsExactly("T", "req:{t}", "hash", "string");
        assertThat(server.call("EXISTS", "kv:{t}", "stream:{t}")).isEqualTo(0L);
    }

    @Test
    void unknownLayoutIsRefused() {
        server.call("HSET", "kv:{t}", "layout", "99");

        assertThat(commit().put("a", "1").send().raw()).containsExactly("L", "99");
    }

    @Test
    void incarnationCannotSmuggleCodeIn() {
        assertThatThrownBy(() -> Scripts.commit("x' .. redis.call('FLUSHALL') .. '"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // --- saying it --------------------------------------------------------------------------------------------------

    private static List<String> operations() {
        List<String> operations = new ArrayList<>();
        for (Object change : changes("XRANGE", "-", "+")) {
            List<?> fields = (List<?>) ((List<?>) change).get(1);
            operations.add((String) fields.get(fields.indexOf("o") + 1));
        }
        return operations;
    }

    private static List<Object> lastChange() {
        return List.copyOf((List<?>) ((List<?>) changes("XREVRANGE", "+", "-").get(0)).get(1));
    }

    private static List<?> changes(String command, String from, String to) {
        return (List<?>) Objects.requireNonNull(server.call(command, "stream:{t}", from, to));
    }

    private Request commit() {
        return new Request(Integer.toHexString(requests.incrementAndGet()) + "-1");
    }

    private record Reply(List<Object> raw) {

        String kind() {
            return (String) raw.get(0);
        }

        long epoch() {
            return Long.parseLong((String) raw.get(1));
        }

        long revision() {
            return Long.parseLong((String) raw.get(2));
        }

        String link() {
            return (String) raw.get(3);
        }

        String version() {
            return raw.get(1) + "-" + raw.get(2) + "-" + raw.get(3);
        }

        List<Object> outcome(int index) {
            return List.copyOf((List<?>) ((List<?>) raw.get(4)).get(index));
        }
    }

    private final class Request {

        private final String id;
        private final List<String> checks = new ArrayList<>();
        private final List<String> mutations = new ArrayList<>();
        private String knownEpoch = "0";
        private String knownRevision = "0";
        private String digest = "digest";
        private long retained = 1_000;

        Request(String id) {
            this.id = id;
        }

        Request known(Reply version) {
            knownEpoch = Long.toString(version.epoch());
            knownRevision = Long.toString(version.revision());
            return this;
        }

        Request digest(String value) {
            digest = value;
            return this;
        }

        Request retained(long changes) {
            retained = changes;
            return this;
        }

        Request check(String kind, String key, String version) {
            checks.addAll(List.of(kind, key, version));
            return this;
        }

        Request put(String key, String value) {
            return mutation("p", key, value, "n", "", 0);
        }

        Request putKeeping(String key, String value) {
            return mutation("p", key, value, "k", "", 0);
        }

        Request putLeased(String key, String value, String lease, long millis) {
            return mutation("p", key, value, "s", lease, millis);
        }

        Request sequential(String prefix, String value) {
            return mutation("s", prefix, value, "n", "", 0);
        }

        Request add(String key, long delta) {
            return mutation("a", key, Long.toString(delta), "k", "", 0);
        }

        Request delete(String key) {
            return mutation("d", key, "", "n", "", 0);
        }

        private Request mutation(String kind, String key, String value, String rule, String lease, long millis) {
            mutations.addAll(List.of(kind, key, value, rule, lease, Long.toString(millis)));
            return this;
        }

        Reply send() {
            List<String> command = new ArrayList<>(List.of("EVAL", Scripts.commit(incarnation), "6"));
            command.addAll(List.of("kv:{t}", "stream:{t}", "req:{t}", "old:{t}", "lease:{t}", "keys:{t}"));
            command.addAll(List.of(id, knownEpoch, knownRevision, digest, Long.toString(retained), "1"));
            command.add(Integer.toString(checks.size() / 3));
            command.addAll(checks);
            command.add(Integer.toString(mutations.size() / 6));
            command.addAll(mutations);
            return new Reply(
                    List.copyOf((List<?>) Objects.requireNonNull(server.call(command.toArray(String[]::new)))));
        }
    }
}
