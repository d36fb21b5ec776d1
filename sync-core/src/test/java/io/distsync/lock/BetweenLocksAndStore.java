package io.distsync.lock;

import static org.awaitility.Awaitility.await;

import io.distsync.MapEntry;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The locks of two nodes on one store; between those of the first node and the store is what a test wants to be there. */
abstract class BetweenLocksAndStore<B extends SyncBackend> {

    static final Duration LONG = Duration.ofSeconds(20);
    static final Topic<Contender> QUEUE = Topic.of("lock:x", Contender.class).withIdleExpiry(Duration.ofHours(1));

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final LocalSyncBackend store = LocalSyncBackend.create();
    final B between;
    private final SyncService service;
    final SyncService others = SyncService.using(store);
    final SyncLocks locks;
    final SyncLocks otherLocks = SyncLocks.using(others);

    BetweenLocksAndStore(Function<SyncBackend, B> between) {
        this.between = between.apply(store);
        service = SyncService.using(this.between);
        locks = SyncLocks.using(service);
    }

    @AfterEach
    void close() {
        locks.close();
        otherLocks.close();
        service.close();
        others.close();
        store.close();
    }

    static ConditionFactory eventually() {
        return await().atMost(LONG).pollInterval(Duration.ofMillis(2));
    }

    /** The keys of all places, first one first. */
    List<String> queue() {
        return others.map(QUEUE).read(Selection.first(Claim.QUEUE, 100)).entries().stream()
                .map(MapEntry::key)
                .toList();
    }
}
