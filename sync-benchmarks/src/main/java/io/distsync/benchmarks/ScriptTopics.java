package io.distsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * The scripts of the Redis backend and the channels they publish on, used without the backend: the least that updates and
 * their messages can take. A message that is lost stays lost.
 */
final class ScriptTopics implements SharedTopics {

    private static final String CHANNEL = CommitScript.CHANNEL + "{" + SharedTopics.PREFIX;

    private final RedisClient client;
    private final RedisAsyncCommands<String, String> redis;
    private final StatefulRedisPubSubConnection<String, String> subscriber;
    private final String put;
    private final String commit;
    private final List<Writing> topics;
    private final AtomicReferenceArray<Listener> listeners;

    /** The last update of a topic: the next one needs its version, and waits for it. */
    private static final class Writing {

        final CommitScript.Entry entry;
        CompletionStage<?> last = CompletableFuture.completedFuture(null);

        Writing(String topic) {
            this.entry = new CommitScript.Entry(topic);
        }
    }

    ScriptTopics(String uri, int count) {
        client = RedisClient.create(uri);
        redis = client.connect(CommitScript.CODEC).async();
        listeners = new AtomicReferenceArray<>(count);
        subscriber = client.connectPubSub(CommitScript.CODEC);
        subscriber.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
                int topic = Integer.parseInt(channel, CHANNEL.length(), channel.length() - 1, 10);
                listeners.get(topic).told(topic, CommitScript.counterIn(message));
            }
        });
        put = redis.scriptLoad(CommitScript.put()).toCompletableFuture().join();
        commit = redis.scriptLoad(CommitScript.commit()).toCompletableFuture().join();
        topics = IntStream.range(0, count)
                .mapToObj(topic -> new Writing(SharedTopics.name(topic)))
                .toList();
    }

    @Override
    public CompletionStage<?> increment(int topic) {
        Writing writing = topics.get(topic);
        writing.last = writing.last.thenCompose(done -> increment(writing.entry));
        return writing.last;
    }

    private CompletionStage<?> increment(CommitScript.Entry entry) {
        entry.advance();
        CompletionStage<List<Object>> reply =
                redis.evalsha(put, ScriptOutputType.MULTI, entry.putKeys(), entry.putArguments());
        return reply.thenCompose(answer -> CommitScript.Entry.isLeft(answer)
                        ? redis.<List<Object>>evalsha(
                                commit, ScriptOutputType.MULTI, entry.keys(), entry.commitArguments())
                        : CompletableFuture.completedFuture(answer))
                .thenAccept(entry::committed);
    }

    @Override
    public CompletionStage<?> follow(int topic, Listener listener) {
        listeners.set(topic, listener);
        return subscriber
                .async()
                .subscribe(CHANNEL + topic + "}")
                .thenCompose(subscribed -> counter(topic))
                .thenAccept(counter -> listener.told(topic, counter));
    }

    @Override
    public CompletionStage<Long> counter(int topic) {
        return redis.hget(topics.get(topic).entry.stateKey(), "p").thenApply(SharedState::counter);
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
