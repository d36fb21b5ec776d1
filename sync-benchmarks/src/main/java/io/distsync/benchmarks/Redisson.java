package io.distsync.benchmarks;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RAtomicLong;
import org.redisson.api.RBucket;
import org.redisson.api.RLock;
import org.redisson.api.RMap;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/** What Redisson offers; its defaults, but for the encoding, which is everybody's. */
abstract class Redisson implements SharedState {

    final RedissonClient client;

    Redisson(String uri) {
        Config config = new Config();
        config.setCodec(StringCodec.INSTANCE);
        config.useSingleServer().setAddress(uri);
        this.client = org.redisson.Redisson.create(config);
    }

    /** The counter stored. */
    abstract long counter();

    @Override
    public long fetched() {
        return counter();
    }

    @Override
    public void check(long updates) {
        Checks.same("counter", counter(), updates);
    }

    @Override
    public void close() {
        client.shutdown();
    }

    private static String orInitial(@Nullable String json) {
        return json == null ? "" : json;
    }

    /** Reads and writes under a lock. */
    static final class Locked extends Redisson {

        private final RLock lock = client.getLock("lock:{app_state}");
        private final RBucket<String> bucket = client.getBucket("state:{app_state}");

        Locked(String uri) {
            super(uri);
        }

        @Override
        public void increment() {
            lock.lock();
            try {
                bucket.set(SharedState.next(orInitial(bucket.get())));
            } finally {
                lock.unlock();
            }
        }

        @Override
        long counter() {
            return SharedState.counter(orInitial(bucket.get()));
        }
    }

    /** Leaves the locking to the map. */
    static final class Computed extends Redisson {

        private static final String KEY = "app_state";

        private final RMap<String, String> map = client.getMap("states");

        Computed(String uri) {
            super(uri);
        }

        @Override
        public void increment() {
            map.compute(KEY, (key, held) -> SharedState.next(orInitial(held)));
        }

        @Override
        long counter() {
            return SharedState.counter(orInitial(map.get(KEY)));
        }
    }

    /** Only a number, which the server adds to: the least that can be done. */
    static final class Counted extends Redisson {

        private final RAtomicLong number = client.getAtomicLong("number:{app_state}");

        Counted(String uri) {
            super(uri);
        }

        @Override
        public void increment() {
            number.incrementAndGet();
        }

        @Override
        long counter() {
            return number.get();
        }
    }

    /** Compares with what it wrote last, then publishes; for one writer. */
    static final class Compared extends Redisson {

        private final RBucket<String> bucket = client.getBucket("state:{app_state}");
        private final RTopic topic = client.getTopic("changes:{app_state}");
        private @Nullable String lastSeen;

        Compared(String uri) {
            super(uri);
        }

        @Override
        public void increment() {
            String next = SharedState.next(orInitial(lastSeen));
            while (!bucket.compareAndSet(lastSeen, next)) {
                lastSeen = bucket.get();
                next = SharedState.next(orInitial(lastSeen));
            }
            lastSeen = next;
            topic.publish(next);
        }

        @Override
        public void annotate(String note) {
            lastSeen = SharedState.next(orInitial(lastSeen), state -> state.incremented(note));
            bucket.set(lastSeen);
            topic.publish(lastSeen);
        }

        @Override
        public void listen(LongConsumer listener) {
            topic.addListener(String.class, (channel, state) -> listener.accept(SharedState.counter(state)));
        }

        @Override
        long counter() {
            return SharedState.counter(orInitial(bucket.get()));
        }
    }
}
