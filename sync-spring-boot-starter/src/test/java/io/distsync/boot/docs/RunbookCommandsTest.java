package io.distsync.boot.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.testsupport.docs.Repository;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.testsupport.redis.RespClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the runbook tells operators to type, typed into a real Redis. */
class RunbookCommandsTest {

    private static final Duration BOUND = Duration.ofSeconds(90);

    private static final Pattern BLOCK = Pattern.compile("^```bash\\R(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    @Test
    void commandsForRedisAreUnderstood() throws Exception {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                RespClient cli = new RespClient(redis.port());
                RedisSyncBackend backend = backend(redis, "shop:");
                SyncService service = SyncService.using(backend);
                SyncLocks locks =
                        SyncLocks.builder(service).owner("shop@host:1").build()) {
            cli.call("ACL", "SETUSER", "shop", "on", ">first");
            List<String> commands = commands();
            assertThat(commands).hasSizeGreaterThan(25);
            List<String> failed = new ArrayList<>();
            for (String command : commands) {
                service.send(AppState.class, new AppState(1, "one"));
                LockGrant grant = locks.tryLock("order:42", BOUND).orElseThrow();
                try {
                    assertAnswer(command, cli.call(words(command)));
                } catch (RespClient.RedisError e) {
                    if (!command.equals("CLUSTER INFO")) { // there is none
                        failed.add(command + ": " + e.getMessage());
                    }
                }
                grant.close();
            }
            assertThat(failed).isEmpty();
        }
    }

    /** What is shown to operators has to be there, not only be understood. */
    private static void assertAnswer(String command, @Nullable Object answer) {
        if (command.startsWith("HGET ") || command.startsWith("MEMORY USAGE")) {
            assertThat(answer).as(command).isNotNull();
        }
        if (command.startsWith("XLEN") || command.startsWith("HLEN")) {
            assertThat((Long) answer).as(command).isPositive();
        }
        if (command.contains("{lock:order:42}") && answer instanceof List<?> list) {
            assertThat(list).as(command).isNotEmpty();
        }
        if (command.startsWith("HGETALL 'shop:kv:{lock")) {
            assertThat(answer).asString().contains("shop@host:1");
        }
        if (command.startsWith("TYPE")) {
            assertThat(answer).isIn("hash", "stream");
        }
    }

    @Test
    void lockThatIsTakenAwayAsToldIsGrantedToWhoWaitsWithALargerToken() throws Exception {
        String command = commands().stream()
                .filter(it -> it.equals("UNLINK 'shop:kv:{lock:order:42}'"))
                .findFirst()
                .orElseThrow();
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                RespClient cli = new RespClient(redis.port());
                RedisSyncBackend backend = backend(redis, "shop:");
                RedisSyncBackend other = backend(redis, "shop:");
                SyncService service = SyncService.using(backend);
                SyncService otherService = SyncService.using(other);
                SyncLocks locks = SyncLocks.using(service);
                SyncLocks otherLocks = SyncLocks.using(otherService)) {
            LockOptions options = LockOptions.defaults().withLease(Duration.ofSeconds(10));
            LockGrant held = locks.tryLock("order:42", BOUND, options).orElseThrow();
            CompletableFuture<Optional<LockGrant>> waiting = otherLocks.tryLockAsync("order:42", BOUND, options);
            await().atMost(BOUND)
                    .until(() -> ((List<?>) Objects.requireNonNull(
                                            cli.call("ZRANGE", "shop:keys:{lock:order:42}", "0", "-1")))
                                    .size()
                            == 2);

            cli.call(words(command));

            await().atMost(BOUND).until(() -> !held.isValid());
            try (LockGrant next = waiting.get().orElseThrow()) {
                assertThat(next.token()).isGreaterThan(held.token());
            }
        }
    }

    @Test
    void stateGoesAlongWithItsKeysToAnotherPrefix() throws Exception {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                RespClient cli = new RespClient(redis.port())) {
            Versioned<AppState> sent;
            try (RedisSyncBackend backend = backend(redis, "shop:");
                    SyncService service = SyncService.using(backend)) {
                sent = service.send(AppState.class, new AppState(7, "kept"));
            }
            for (Object key : (List<?>) Objects.requireNonNull(cli.call("KEYS", "shop:*"))) {
                cli.call("RENAME", (String) key, ((String) key).replaceFirst("^shop:", "store:"));
            }
            try (RedisSyncBackend backend = backend(redis, "store:");
                    SyncService service = SyncService.using(backend)) {
                assertThat(service.fetchLatest(AppState.class)).contains(sent);
                assertThat(service.optimisticUpdate(AppState.class, state -> state.plus(1))
                                .version()
                                .revision())
                        .isEqualTo(sent.version().revision() + 1);
            }
        }
    }

    private static RedisSyncBackend backend(RedisServer redis, String prefix) {
        return RedisSyncBackend.builder(RedisURI.create("127.0.0.1", redis.port()))
                .prefix(prefix)
                .build();
    }

    private static List<String> commands() {
        return BLOCK.matcher(Repository.read("docs/runbook.md"))
                .results()
                .flatMap(block -> block.group(1).lines())
                .filter(line -> line.startsWith("redis-cli "))
                .map(line -> line.substring("redis-cli ".length()))
                .toList();
    }

    private static String[] words(String command) {
        List<String> words = WORD.matcher(command)
                .results()
                .map(word -> Stream.of(word.group(1), word.group(2))
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseThrow())
                .toList();
        return words.get(0).equals("--scan")
                ? new String[] {"SCAN", "0", "MATCH", words.get(2)} // what the option does, once
                : words.toArray(String[]::new);
    }
}
