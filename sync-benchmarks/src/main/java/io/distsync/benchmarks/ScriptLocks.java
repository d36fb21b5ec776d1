package io.distsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.UUID;

/**
 * The least that can be done: a key with a name of one's own in it, and a script that deletes it only if that is still
 * there. Nothing is renewed, and nobody is waited for.
 */
final class ScriptLocks implements NamedLocks {

    private static final String DELETE_OWN =
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisCommands<String, String> commands;
    private final String digest;
    private final Duration lease;

    ScriptLocks(String uri, Duration lease) {
        client = RedisClient.create(uri);
        connection = client.connect();
        commands = connection.sync();
        digest = commands.scriptLoad(DELETE_OWN);
        this.lease = lease;
    }

    @Override
    public Hold take(String name) {
        String own = UUID.randomUUID().toString();
        boolean taken = "OK".equals(commands.set(name, own, SetArgs.Builder.nx().px(lease)));
        Checks.require("nobody else wants " + name, taken);
        return new Hold() {
            @Override
            public boolean isHeld() {
                return own.equals(commands.get(name));
            }

            @Override
            public void release() {
                Long deleted = commands.evalsha(digest, ScriptOutputType.INTEGER, new String[] {name}, own);
                Checks.same("keys deleted", deleted, 1);
            }
        };
    }

    @Override
    public boolean isFree(String name) {
        return commands.exists(name) == 0;
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
