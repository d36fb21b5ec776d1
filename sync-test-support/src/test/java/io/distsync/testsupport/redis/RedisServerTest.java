package io.distsync.testsupport.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.testsupport.redis.RedisServer.Durability;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

class RedisServerTest {

    @Test
    void answersAndIsNewEnough() {
        try (RedisServer server = RedisServer.start(Durability.NONE)) {
            assertThat(server.call("PING")).isEqualTo("PONG");
            assertThat(String.valueOf(server.call("INFO", "server"))).containsPattern("redis_version:(6\\.2|7|8|9)");
        }
    }

    @Test
    void killLosesNothingThatWasAcknowledgedIfWritesAreOnDiskFirst() {
        try (RedisServer server = RedisServer.start(Durability.ALWAYS)) {
            server.call("SET", "key", "value");

            server.kill();
            assertThatThrownBy(() -> server.call("GET", "key")).isInstanceOf(UncheckedIOException.class);
            server.start();

            assertThat(server.call("GET", "key")).isEqualTo("value");
        }
    }

    @Test
    void killLosesEverythingWithoutPersistence() {
        try (RedisServer server = RedisServer.start(Durability.NONE)) {
            server.call("SET", "key", "value");

            server.kill();
            server.start();

            assertThat(server.call("GET", "key")).isNull();
        }
    }

    @Test
    void pausedServerKeepsItsConnectionsAndAnswersLater() throws IOException {
        try (RedisServer server = RedisServer.start(Durability.NONE);
                RespClient client = new RespClient(server.port())) {
            server.pause();
            assertThat(server.toString()).contains("paused");
            server.resume();

            assertThat(client.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void optionsReachTheServer() {
        try (RedisServer server = RedisServer.start(Durability.NONE, "maxmemory 7mb")) {
            assertThat(String.valueOf(server.call("CONFIG", "GET", "maxmemory")))
                    .contains("7340032");
        }
    }

    @Test
    void serverThatCannotStartSaysSo() {
        assertThatThrownBy(() -> RedisServer.start(Durability.NONE, "no-such-option 1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("redis-server ended");
    }

    @Test
    void errorOfTheServerIsToldAsOne() {
        try (RedisServer server = RedisServer.start(Durability.NONE)) {
            server.call("SET", "key", "value");

            assertThatThrownBy(() -> server.call("LPUSH", "key", "x")).hasMessageContaining("WRONGTYPE");
        }
    }
}
