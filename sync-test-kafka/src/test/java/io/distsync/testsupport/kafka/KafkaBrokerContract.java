package io.distsync.testsupport.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

/** What every broker keeps to, of whatever kind. */
abstract class KafkaBrokerContract {

    abstract KafkaBroker startBroker(String... properties);

    @Test
    void whatIsAcknowledgedOutlivesARestartOnTheSamePort() throws ExecutionException, InterruptedException {
        try (KafkaBroker broker = startBroker()) {
            KafkaClients clients = new KafkaClients(broker);
            int port = broker.port();
            clients.createTopic("topic");
            clients.send("topic", "before");

            broker.stop();
            broker.stop();
            broker.start();

            assertThat(broker.port()).isEqualTo(port);
            assertThatIllegalStateException().isThrownBy(broker::start);
            clients.sendInTransaction("topic", "after");
            assertThat(clients.readUpTo("topic", "after")).containsExactly("before", "after");
        }
    }

    @Test
    void propertiesReachTheBrokerAndCloseLeavesNoFolder() {
        KafkaBroker broker = startBroker("message.max.bytes=54321", "broker.rack=a=b\\c");
        KafkaClients clients = new KafkaClients(broker);
        assertThat(clients.setting("message.max.bytes")).isEqualTo("54321");
        assertThat(clients.setting("broker.rack")).isEqualTo("a=b\\c");
        Path data = clients.data();
        assertThat(data).exists();

        broker.close();
        broker.close();

        assertThat(data.getParent()).doesNotExist();
    }

    @Test
    void brokerThatCannotStartSaysSo() {
        assertThatThrownBy(() -> startBroker("num.io.threads=none"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("num.io.threads");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> startBroker("no property"))
                .withMessageContaining("no property");
    }

    @Test
    void brokerWhosePortIsTakenFailsAndStartsOnceItIsFree() throws IOException {
        try (KafkaBroker broker = startBroker()) {
            broker.stop();

            try (ServerSocket stranger = new ServerSocket()) {
                stranger.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.port()));
                assertThatThrownBy(broker::start).hasStackTraceContaining("Address already in use");
            }
            broker.start();

            new KafkaClients(broker).createTopic("topic");
        }
    }
}
