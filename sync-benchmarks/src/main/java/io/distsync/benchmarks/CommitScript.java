package io.distsync.benchmarks;

import io.distsync.backend.redis.RedisSyncBackend;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The scripts of the Redis backend, called without the backend but with the arguments it would send: the least its updates
 * can take. For one thread.
 */
final class CommitScript implements SharedState {

    /** MessagePack in strings: a character is a byte. The states themselves are ASCII. */
    static final StringCodec CODEC = new StringCodec(StandardCharsets.ISO_8859_1);

    /** What the scripts publish the changes of a topic on, before the topic in braces. */
    static final String CHANNEL = "watch:";

    private static final String TOPIC = "app_state";
    private static final int KEYS_OF_A_PUT = 4;

    private final RedisClient client;
    private final RedisCommands<String, String> redis;
    private final String put;
    private final String commit;
    private final Entry entry = new Entry(TOPIC);

    CommitScript(String uri) {
        client = RedisClient.create(uri);
        redis = client.connect(CODEC).sync();
        put = redis.scriptLoad(put());
        commit = redis.scriptLoad(commit());
    }

    /** With a subscription to what the script publishes, of which nothing is done. */
    static CommitScript following(String uri) {
        CommitScript script = new CommitScript(uri);
        script.subscribe(message -> {});
        return script;
    }

    /** The script for the common case. */
    static String put() {
        return text(resource("put.lua"));
    }

    /** The script for what that one leaves alone. */
    static String commit() {
        return text(resource("topic.lua") + resource("commit.lua"));
    }

    private static String text(String script) {
        String hex = IntStream.range(0, 256).mapToObj("%02x"::formatted).collect(Collectors.joining());
        return script.replaceAll(
                        "(?m)^.* -- @broadcast\n", "") // lines for a store whose changes another system carries
                .replace("@incarnation@", "benchmark")
                .replace("@pattern@", "benchmark")
                .replace("@prefix@", "")
                .replace("@channel@", CHANNEL)
                .replace("@hex@", hex)
                .replace("@publish@", "PUBLISH")
                .replace("@followed@", "NUMSUB");
    }

    private static String resource(String name) {
        try (InputStream resource = RedisSyncBackend.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(resource, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void increment() {
        entry.advance();
        List<Object> reply = redis.evalsha(put, ScriptOutputType.MULTI, entry.putKeys(), entry.putArguments());
        if (Entry.isLeft(reply)) {
            reply = redis.evalsha(commit, ScriptOutputType.MULTI, entry.keys(), entry.commitArguments());
        }
        entry.committed(reply);
    }

    @Override
    public void listen(LongConsumer listener) {
        subscribe(message -> listener.accept(counterIn(message)));
    }

    private void subscribe(Consumer<String> listener) {
        StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub(CODEC);
        subscriber.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
                listener.accept(message);
            }
        });
        subscriber.sync().subscribe(CHANNEL + "{" + TOPIC + "}");
    }

    /** The counter of the state in a message of the scripts, which ends with it in JSON. */
    static long counterIn(String message) {
        return SharedState.counter(message.substring(message.lastIndexOf("{\"counter")));
    }

    @Override
    public void check(long updates) {
        Checks.same("revision", Long.parseLong(entry.version.split("-", 3)[1]), updates);
        Checks.same("counter", SharedState.counter(redis.hget(entry.stateKey(), "p")), updates);
    }

    @Override
    public void close() {
        client.shutdown();
    }

    /** The state of one topic, of which nobody else writes anything. */
    static final class Entry {

        private static final String NOTHING = "0-0-0000000000000000";

        private final String topic;
        private final String[] keys;
        private final String[] putKeys;
        private AppState state = new AppState();
        private String version = NOTHING;

        Entry(String topic) {
            String tag = "{" + topic + "}";
            this.topic = topic;
            this.keys = new String[] {
                "kv:" + tag, "stream:" + tag, "req:" + tag, "old:" + tag, "lease:" + tag, "keys:" + tag, "due", "floor"
            };
            this.putKeys = Arrays.copyOf(keys, KEYS_OF_A_PUT);
        }

        String stateKey() {
            return keys[0];
        }

        String[] keys() {
            return keys;
        }

        String[] putKeys() {
            return putKeys;
        }

        /** Makes the next state, to be written with either script; to be followed by {@link #committed}. */
        void advance() {
            state = state.incremented();
        }

        String[] putArguments() {
            String json = JSON.writeValueAsString(state);
            return arguments(
                    "1000", // changes retained
                    "W", // one put, logged with its payload, in two pieces
                    "2",
                    "1", // of the entry without a name, by the first change, with the last argument
                    "",
                    "1",
                    "17",
                    "1", // check: the version of that entry
                    "",
                    version,
                    // an array of the key and the payload in MessagePack
                    "\u0092\u00A0"
                            + (json.length() < 32
                                    ? "" + (char) (0xA0 | json.length())
                                    : "\u00D9" + (char) json.length()),
                    json);
        }

        String[] commitArguments() {
            return arguments(
                    "1000", // changes retained, whatever their age, with payloads; never idle; no headers
                    "0",
                    "1",
                    "0",
                    "",
                    "1", // check: the version of the entry without a name
                    "v",
                    "",
                    version,
                    "1", // mutation: a put that keeps its lease, of which there is none
                    "pk",
                    "",
                    JSON.writeValueAsString(state),
                    "n"); // nothing selected
        }

        private String[] arguments(String... own) {
            String[] known = version.split("-", 3);
            String request = "531a52b87b1e9735-" + Long.toHexString(state.counter());
            String[] all =
                    Arrays.copyOf(new String[] {topic, request, "3ed5ac6.60", known[0], known[1]}, 5 + own.length);
            System.arraycopy(own, 0, all, 5, own.length);
            return all;
        }

        /** Whether the script for the common case leaves it to the other one. */
        static boolean isLeft(List<Object> reply) {
            return reply.get(0).equals("G");
        }

        void committed(List<Object> reply) {
            Checks.require("committed: " + reply.get(0), reply.get(0).equals("C"));
            version = (String) reply.get(1);
        }
    }
}
