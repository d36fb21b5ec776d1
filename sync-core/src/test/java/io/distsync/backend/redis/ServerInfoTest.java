package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.error.BackendUnavailableException;
import io.distsync.error.RejectedException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerInfoTest {

    @ParameterizedTest
    @ValueSource(strings = {"2.8.24", "5.0.14", "6.0.20"})
    void serverBelow62IsRefused(String version) {
        ServerInfo info = of("redis_version:" + version);

        assertThatThrownBy(() -> info.requireUsable(false))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining(version)
                .hasMessageContaining("6.2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.0.20", "6.2.16", "6.9.9"})
    void clusterBelow70IsRefused(String version) {
        ServerInfo info = of("redis_version:" + version);

        assertThatThrownBy(() -> info.requireUsable(true))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining(version)
                .hasMessageContaining("7.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.2.0", "6.2.16", "7.0.15", "7.4.1", "8.0.0", "255.255.255"})
    void newEnoughServerIsUsable(String version) {
        assertThatCode(() -> of("redis_version:" + version).requireUsable(false))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis_version:7.0.0", "redis_version:10.0.1", "redis_version:unheard-of", "other:1"})
    void newEnoughServerOfAClusterIsUsableAndOneThatDoesNotSay(String line) {
        assertThatCode(() -> of(line).requireUsable(true)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"role:slave", "loading:1"})
    void serverThatCannotServeNowMayServeLater(String line) {
        ServerInfo info = of("redis_version:7.4.1\r\n" + line);

        assertThatThrownBy(() -> info.requireUsable(false)).isInstanceOf(BackendUnavailableException.class);
    }

    private static ServerInfo of(String lines) {
        return ServerInfo.parse(lines);
    }
}
