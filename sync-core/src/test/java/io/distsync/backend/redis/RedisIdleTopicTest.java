package io.distsync.backend.redis;

import static io.distsync.backend.Answers.answer;
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
import io.distsync.backend.TopicOptions;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When an idle topic is dropped, by a clock that is moved by hand. */
@Timeout(120)
class RedisIdleTopicTest {

    private static final Duration IDLE = Duration.ofMinutes(10);

    private static RedisServer server;
    private static RedisClient driver;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private RedisFixture fixture;
    private SyncBackend backend;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.NONE);
        driver = RedisFixture.driver();
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        server.close();
    }

    @BeforeEach
    void open() {
        server.call("FLUSHALL");
        fixture = new RedisFixture(server, driver);
        backend = fixture.open();
    }

    @AfterEach
    void close() {
        backend.close();
        fixture.close();
    }

    @Test
    void topicIsKeptWhenItsFollowersAreCutOffJustWhenItIsDue() {
        SyncBackend other = fixture.open();
        try (other;
                Told told = Told.follow(other, "t", Scope.log())) {
            commit(1);
            eventually().until(told::isCurrent);
            for (int i = 0; i < 2; i++) {
                fixture.cut(other);
                eventually().until(() -> !isFollowed());

                fixture.advance(IDLE.plusSeconds(1));
                fixture.heal(other);
                eventually().until(RedisIdleTopicTest::isFollowed);
                fixture.advance(fixture.secondLook());
            }
            assertThat(isKept()).isTrue();
            assertThat(told.resets()).isZero();
        }
    }

    @Test
    void topicIsDroppedWhenItHasNoFollowersForLong() {
        commit(1);
        fixture.advance(IDLE);
        fixture.advance(Duration.ofSeconds(4));
        assertThat(isKept()).isTrue();

        fixture.advance(fixture.secondLook().minusSeconds(4));
        assertThat(isKept()).isFalse();
    }

    @Test
    void topicThatIsUsedBetweenTheTwoLooksIsNotIdle() {
        commit(1);
        fixture.advance(IDLE);

        commit(2);
        fixture.advance(IDLE.minusSeconds(1));
        assertThat(isKept()).isTrue();
        fixture.advance(Duration.ofSeconds(1));
        assertThat(isKept()).isTrue();
    }

    @Test
    void idleTopicLeavesAMarkThatPasses() {
        CommitResult committed = commit(1);

        fixture.advance(IDLE);
        fixture.advance(fixture.secondLook());
        assertThat(isKept()).isFalse();

        assertThat((Long) server.call("PTTL", "kv:{t}")).isPositive();
        assertThat(commit(1)).isInstanceOf(CommitResult.TooOld.class);
        assertThat(answer(backend.read("t", Selection.none())).head().isNewerThan(((Committed) committed).head()))
                .isTrue();
    }

    private CommitResult commit(int request) {
        return answer(backend.commit(new Commit(
                "t",
                new RequestId(1, request),
                Version.ABSENT,
                List.of(),
                List.of(Mutation.add("n", 1)),
                Selection.none(),
                TopicOptions.defaults().withIdleMillis(IDLE.toMillis()))));
    }

    private static boolean isKept() {
        return Long.valueOf(1).equals(server.call("EXISTS", "stream:{t}"));
    }

    private static boolean isFollowed() {
        return String.valueOf(server.call("PUBSUB", "CHANNELS")).contains("watch:{t}");
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5));
    }
}
