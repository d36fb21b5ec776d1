package io.distsync.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * A node of ZooKeeper with the state, replaced if it still has the version that was read; told by a cache of that node. An
 * update that comes too late is tried again at once.
 */
final class CuratorState implements SharedState {

    private static final String NODE = "/app_state";

    private final CuratorFramework curator;
    private @Nullable CuratorCache cache;

    /** @param ensemble see {@link Servers#zooKeeper} */
    CuratorState(String ensemble) {
        String[] parts = ensemble.split("/", 2);
        curator = CuratorFrameworkFactory.builder()
                .connectString(parts[0])
                .namespace(parts[1])
                .retryPolicy(new RetryOneTime(100))
                .build();
        curator.start();
        try {
            curator.create().forPath(NODE, new byte[0]);
        } catch (KeeperException.NodeExistsException e) {
            // by another client
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void increment() {
        update(AppState::incremented);
    }

    @Override
    public void annotate(String note) {
        update(state -> state.incremented(note));
    }

    private void update(UnaryOperator<AppState> change) {
        Stat read = new Stat();
        boolean late;
        do {
            byte[] next = bytes(SharedState.next(stored(read), change));
            late = !replace(read.getVersion(), next);
        } while (late);
    }

    private boolean replace(int version, byte[] next) {
        try {
            curator.setData().withVersion(version).forPath(NODE, next);
            return true;
        } catch (KeeperException.BadVersionException e) {
            return false;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String stored(Stat stat) {
        try {
            return text(curator.getData().storingStatIn(stat).forPath(NODE));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    // --- the cache ---------------------------------------------------------------------------------------------------

    /** Opens the cache, to be shown what it has. */
    CuratorState caching() {
        listen(counter -> {});
        return this;
    }

    @Override
    public void listen(LongConsumer listener) {
        CountDownLatch filled = new CountDownLatch(1);
        CuratorCache opened = CuratorCache.build(curator, NODE, CuratorCache.Options.SINGLE_NODE_CACHE);
        opened.listenable()
                .addListener(CuratorCacheListener.builder()
                        .forInitialized(filled::countDown)
                        .forCreatesAndChanges((before, now) -> tell(now, listener))
                        .build());
        opened.start();
        cache = opened;
        try {
            Checks.require("the cache is filled", filled.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void tell(ChildData now, LongConsumer listener) {
        if (now.getData().length > 0) { // else nobody has written anything yet
            listener.accept(SharedState.counter(text(now.getData())));
        }
    }

    @Override
    public long shown() {
        CuratorCache opened = Objects.requireNonNull(cache, "no cache");
        return SharedState.counter(text(opened.get(NODE).orElseThrow().getData()));
    }

    @Override
    public long fetched() {
        return SharedState.counter(stored(new Stat()));
    }

    @Override
    public void check(long updates) {
        Stat stat = new Stat();
        Checks.same("counter", SharedState.counter(stored(stat)), updates);
        Checks.same("version", stat.getVersion(), updates);
    }

    @Override
    public void close() {
        if (cache != null) {
            cache.close();
        }
        curator.close();
    }
}
