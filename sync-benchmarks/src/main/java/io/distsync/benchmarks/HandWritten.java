package io.distsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one would write by hand: a value, a stream of all it ever was, and a script that replaces it if it is the expected
 * one. All threads share a connection; an update that comes too late is tried again at once.
 */
final class HandWritten implements SharedState {

    /** What an update begins with. */
    enum Beginning {
        /** Reading: a trip of its own. */
        READ,
        /** What this client wrote or met last; the script answers with the present state if that is out of date. */
        LAST_SEEN
    }

    private static final String CHANNEL = "changes:{app_state}";
    private static final String STREAM = "states:{app_state}";
    private static final String[] KEYS = {"state:{app_state}", STREAM};
    private static final String COMPARE_AND_SET = """
            local held = redis.call('GET', KEYS[1]) or ''
            if held ~= ARGV[1] then
              return held
            end
            redis.call('SET', KEYS[1], ARGV[2])
            """;
    private static final String ADD = """
            redis.call('XADD', KEYS[2], '*', 'state', ARGV[2])
            """;
    private static final String PUBLISH = "redis.call('PUBLISH', '" + CHANNEL + "', ARGV[2])";

    private final RedisClient client;
    private final RedisCommands<String, String> redis;
    private final Beginning beginning;
    private final String script;
    private volatile String lastSeen;

    private HandWritten(String uri, Beginning beginning, String script) {
        this.client = RedisClient.create(uri);
        this.redis = client.connect().sync();
        this.beginning = beginning;
        this.script = redis.scriptLoad(script);
        this.lastSeen = stored();
    }

    static HandWritten beginningWith(Beginning beginning, String uri) {
        return new HandWritten(uri, beginning, COMPARE_AND_SET + ADD);
    }

    /** Keeps the value only; what becomes of the others is somebody else's business. */
    static HandWritten withoutStream(Beginning beginning, String uri) {
        return new HandWritten(uri, beginning, COMPARE_AND_SET);
    }

    /** The script also publishes what it stores: that is one trip less than a command of its own. */
    static HandWritten publishing(String uri) {
        return new HandWritten(uri, Beginning.LAST_SEEN, COMPARE_AND_SET + ADD + PUBLISH);
    }

    @Override
    public void increment() {
        var unused = incremented();
    }

    @Override
    public void annotate(String note) {
        var unused = updated(state -> state.incremented(note));
    }

    @Override
    public long fetched() {
        return counter();
    }

    /** Stores the next state, and says which that was. */
    String incremented() {
        return updated(AppState::incremented);
    }

    /** Stores what the change makes of the state, and says what that was. */
    String updated(UnaryOperator<AppState> change) {
        String held = beginning == Beginning.READ ? stored() : lastSeen;
        while (true) {
            String next = SharedState.next(held, change);
            String instead = replace(held, next);
            if (instead == null) {
                lastSeen = next;
                return next;
            }
            held = beginning == Beginning.READ ? stored() : instead;
        }
    }

    /** What is there instead of the expected state, or {@code null} if that was replaced. */
    private @Nullable String replace(String expected, String next) {
        return redis.evalsha(script, ScriptOutputType.VALUE, KEYS, expected, next);
    }

    private String stored() {
        String held = redis.get(KEYS[0]);
        return held == null ? "" : held;
    }

    /** The counter that is stored. */
    long counter() {
        return SharedState.counter(stored());
    }

    @Override
    public void check(long updates) {
        Checks.same("counter", counter(), updates);
        Checks.same("states in the stream", redis.xlen(STREAM), updates);
    }

    @Override
    public void listen(LongConsumer listener) {
        StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
        subscriber.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
                listener.accept(SharedState.counter(message));
            }
        });
        subscriber.sync().subscribe(CHANNEL);
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
