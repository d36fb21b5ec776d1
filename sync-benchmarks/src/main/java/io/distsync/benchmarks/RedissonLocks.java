package io.distsync.benchmarks;

import java.time.Duration;
import java.util.function.BiFunction;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** What Redisson offers; its defaults, but for the lease. Its watchdog renews what is held. */
final class RedissonLocks implements NamedLocks {

    private final RedissonClient client;
    private final BiFunction<RedissonClient, String, RLock> kind;

    private RedissonLocks(String uri, Duration lease, BiFunction<RedissonClient, String, RLock> kind) {
        Config config = new Config();
        config.setLockWatchdogTimeout(lease.toMillis());
        config.useSingleServer().setAddress(uri);
        this.client = org.redisson.Redisson.create(config);
        this.kind = kind;
    }

    /** Whoever asks first after a release has it. */
    static RedissonLocks plain(String uri, Duration lease) {
        return new RedissonLocks(uri, lease, RedissonClient::getLock);
    }

    /** First come, first served. */
    static RedissonLocks fair(String uri, Duration lease) {
        return new RedissonLocks(uri, lease, RedissonClient::getFairLock);
    }

    @Override
    public Hold take(String name) {
        RLock lock = kind.apply(client, name);
        lock.lock();
        return new Hold() {
            @Override
            public boolean isHeld() {
                return lock.isHeldByCurrentThread();
            }

            @Override
            public void release() {
                lock.unlock(); // fails if it is not held
            }
        };
    }

    /** A fair lock has a queue besides. */
    @Override
    public boolean isFree(String name) {
        return client.getKeys().countExists(name, "redisson_lock_queue:{" + name + "}") == 0;
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
