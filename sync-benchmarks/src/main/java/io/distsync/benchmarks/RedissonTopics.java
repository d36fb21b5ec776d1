package io.distsync.benchmarks;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RBucket;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/**
 * What Redisson offers. Its defaults, but for the encoding, which is everybody's, and for the channels: with the defaults it
 * has room for 250.
 */
final class RedissonTopics implements SharedTopics {

    private final RedissonClient client;
    private final List<Entry> topics;

    /** A topic; what was written last is what the next update replaces. */
    private static final class Entry {

        final RBucket<String> bucket;
        final RTopic topic;

        @Nullable
        String lastWritten;

        CompletionStage<?> last = CompletableFuture.completedFuture(null);

        Entry(RedissonClient client, String name) {
            bucket = client.getBucket("state:{" + name + "}");
            topic = client.getTopic("changes:{" + name + "}");
        }

        CompletionStage<?> increment() {
            String held = lastWritten;
            String next = SharedState.next(held == null ? "" : held);
            lastWritten = next;
            return bucket.compareAndSetAsync(held, next).thenCompose(replaced -> {
                Checks.require("the only writer replaces its own state", replaced);
                return topic.publishAsync(next);
            });
        }
    }

    RedissonTopics(String uri, int count) {
        Config config = new Config();
        config.setCodec(StringCodec.INSTANCE);
        config.useSingleServer()
                .setAddress(uri)
                .setSubscriptionConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(1)
                .setSubscriptionsPerConnection(count);
        client = org.redisson.Redisson.create(config);
        topics = IntStream.range(0, count)
                .mapToObj(topic -> new Entry(client, SharedTopics.name(topic)))
                .toList();
    }

    @Override
    public CompletionStage<?> increment(int topic) {
        Entry entry = topics.get(topic);
        entry.last = entry.last.thenCompose(done -> entry.increment());
        return entry.last;
    }

    @Override
    public CompletionStage<?> follow(int topic, Listener listener) {
        return topics.get(topic)
                .topic
                .addListenerAsync(String.class, (channel, state) -> listener.told(topic, SharedState.counter(state)))
                .thenCompose(added -> counter(topic))
                .thenAccept(counter -> listener.told(topic, counter));
    }

    @Override
    public CompletionStage<Long> counter(int topic) {
        return topics.get(topic).bucket.getAsync().thenApply(SharedState::counter);
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
