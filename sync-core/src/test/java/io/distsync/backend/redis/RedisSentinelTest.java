package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.Mutation;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A fail-over that the sentinels make. */
class RedisSentinelTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    @Test
    void whatWasReplicatedSurvivesAndFollowersGoOn() {
        try (RedisSentinels sentinels = RedisSentinels.start(Durability.NONE)) {
            RedisURI.Builder uri = RedisURI.builder().withSentinelMasterId(RedisSentinels.MASTER);
            sentinels.sentinels().forEach(sentinel -> uri.withSentinel("127.0.0.1", sentinel.port()));
            try (SyncBackend backend = RedisSyncBackend.builder(uri.build()).build();
                    Told told = Told.follow(backend, "t", Scope.entries())) {
                Committed before = add(backend, 1, Version.ABSENT);
                await().atMost(BOUND).until(() -> before.head().equals(told.position()));
                await().atMost(BOUND)
                        .until(() -> String.valueOf(sentinels.second().call("EXISTS", "kv:{t}"))
                                .equals("1"));

                sentinels.first().kill();
                sentinels.awaitMaster(sentinels.second());
                Committed repeated = add(backend, 1, Version.ABSENT);
                Committed after = add(backend, 2, before.head());

                assertThat(repeated.outcomes()).isEqualTo(before.outcomes());
                assertThat(text(backend)).isEqualTo("2");
                assertThat(after.head().epoch()).isGreaterThan(before.head().epoch());
                assertThat(after.head().revision()).isEqualTo(2);
                await().atMost(BOUND).until(() -> after.head().equals(told.position()));
                await().atMost(BOUND).until(told::isCurrent);
                assertThat(told.resets()).isZero();
                assertThat(told.changes()).hasSizeBetween(1, 2);
            }
        }
    }

    private static Committed add(SyncBackend backend, long sequence, Version known) {
        return insist(backend, commit(sequence, known));
    }

    private static Commit commit(long sequence, Version known) {
        return Commit.of("t", new RequestId(5, sequence), known, List.of(), List.of(Mutation.add("n", 1)));
    }

    private static Committed insist(SyncBackend backend, Commit commit) {
        CommitResult result = await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> backend.commit(commit).toCompletableFuture().get(), answer -> true);
        assertThat(result).isInstanceOf(Committed.class);
        return (Committed) result;
    }

    private static String text(SyncBackend backend) {
        byte[] bytes = backend.read("t", Selection.keys("n"))
                .toCompletableFuture()
                .join()
                .entries()
                .get(0)
                .payload()
                .bytes();
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
