package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a topic remembers of requests is a key like others: it can be evicted, or deleted by hand. */
@Timeout(60)
class RedisRequestMemoryTest {

    private static final String TOPIC = "sums";
    private static final int SENDER = 1;

    private RedisServer server;
    private SyncBackend backend;
    private long requests;
    private Version head = Version.ABSENT;

    @BeforeEach
    void start() {
        server = RedisServer.start(Durability.NONE);
        backend = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", server.port()))
                .build();
    }

    @AfterEach
    void stop() {
        backend.close();
        server.close();
    }

    @Test
    @DisplayName("a repeat is not applied again when the younger memory is gone")
    void younger() {
        Commit commit = addition();
        assertThat(send(commit)).isInstanceOf(CommitResult.Committed.class);
        forget("req");

        assertThat(send(commit)).isInstanceOf(CommitResult.TooOld.class);
        assertThat(sum()).isEqualTo(1);
    }

    @Test
    @DisplayName("a repeat is not applied again when the older memory is gone")
    void older() {
        Commit commit = addition();
        assertThat(send(commit)).isInstanceOf(CommitResult.Committed.class);
        int additions = 1;
        while (server.call("EXISTS", "old:{" + TOPIC + "}").equals(0L)) {
            learn(send(addition()));
            additions++;
        }
        forget("old");

        assertThat(send(commit)).isInstanceOf(CommitResult.TooOld.class);
        assertThat(sum()).isEqualTo(additions);
    }

    @ParameterizedTest
    @ValueSource(strings = {"req", "old"})
    @DisplayName("requests are remembered again afterwards, for as long as before")
    void remembersAgain(String memory) {
        while (server.call("EXISTS", "old:{" + TOPIC + "}").equals(0L)) {
            learn(send(addition()));
        }
        forget(memory);
        learn(send(addition()));

        for (int i = 0; i < 1_000; i++) {
            Commit commit = addition();
            CommitResult first = send(commit);
            assertThat(first).isInstanceOf(CommitResult.Committed.class);
            CommitResult other = send(addition());
            assertThat(other).isInstanceOf(CommitResult.Committed.class);
            learn(other);
            assertThat(send(commit)).as("repeat %s", i).isEqualTo(first);
        }
    }

    private void forget(String memory) {
        assertThat(server.call("DEL", memory + ":{" + TOPIC + "}")).isEqualTo(1L);
    }

    private Commit addition() {
        requests++;
        return new Commit(
                TOPIC,
                new RequestId(SENDER, requests),
                head,
                List.of(),
                List.of(Mutation.add("sum", 1, LeaseRule.keep())),
                Selection.none(),
                TopicOptions.defaults().withRetention(Retention.changes(256)));
    }

    private CommitResult send(Commit commit) {
        return Judgement.get(backend.commit(commit));
    }

    private void learn(CommitResult result) {
        head = result.head();
    }

    private long sum() {
        return Judgement.get(backend.read(TOPIC, Selection.keys("sum")))
                .entries()
                .get(0)
                .payload()
                .integer();
    }
}
