package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.Scope;
import io.distsync.lock.SyncLocks;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Topics without number: what nobody uses is not kept, and what somebody uses is. */
class TopicRuntimesTest {

    private static final Topic<Counter> ROOM =
            Topic.of("room", Counter.class).withInitial(() -> Counter.of(0)).withIdleExpiry(Duration.ofHours(1));

    private final SyncService service = SyncService.local();

    @AfterEach
    void close() {
        service.close();
    }

    private List<String> topics() {
        return service.status().topics().stream()
                .map(SyncStatus.TopicStatus::name)
                .toList();
    }

    private void awaitForgotten(int left) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            System.gc();
            assertThat(topics()).hasSizeLessThanOrEqualTo(left);
        });
    }

    @Test
    void locksOfManyNamesLeaveNothing() {
        try (SyncLocks locks = SyncLocks.using(service)) {
            for (int i = 0; i < 2_000; i++) {
                locks.withLock("order:" + i, Duration.ofSeconds(5), grant -> "shipped");
            }
            awaitForgotten(0);
            String again = locks.withLock("order:7", Duration.ofSeconds(5), grant -> "again");
            assertThat(again).isEqualTo("again");
        }
    }

    @Test
    void aTopicThatTheStoreKeepsIsKept() {
        service.send(ROOM.withName("room:1"), Counter.of(1));
        service.send(Topic.of("kept", Counter.class), Counter.of(1));
        awaitForgotten(1);
        assertThat(topics()).containsExactly("kept");
    }

    @Test
    void whoeverListensKeepsIt() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch toldOfRoom = new CountDownLatch(1);
        listen(told, toldOfRoom);
        service.send(ROOM.withName("room:other"), Counter.of(1));
        awaitForgotten(2);
        assertThat(topics()).containsExactlyInAnyOrder("room:1", "room:2");

        service.send(ROOM.withName("room:1"), Counter.of(7));
        service.send(ROOM.withName("room:2"), Counter.of(7));
        assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(toldOfRoom.await(20, TimeUnit.SECONDS)).isTrue();
    }

    /** Forgets handle and map, but not what they listen to. */
    private void listen(CountDownLatch told, CountDownLatch toldOfRoom) {
        DistributedSync<Counter> handle = service.sync(ROOM.withName("room:1"));
        var unused = handle.onChange(state -> {
            if (state.value().equals(Counter.of(7))) {
                told.countDown();
            }
        });
        var unusedToo = service.map(ROOM.withName("room:2"))
                .follow(Scope.entries(), Version.ABSENT, changes -> toldOfRoom.countDown());
    }
}
