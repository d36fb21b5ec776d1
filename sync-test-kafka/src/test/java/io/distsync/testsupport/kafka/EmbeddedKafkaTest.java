package io.distsync.testsupport.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.net.Ports;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EmbeddedKafkaTest extends KafkaBrokerContract {

    @Override
    KafkaBroker startBroker(String... properties) {
        return EmbeddedKafka.launch(properties);
    }

    @Test
    void brokersInOneJvmAreStrangersToEachOther() throws ExecutionException, InterruptedException {
        try (EmbeddedKafka one = EmbeddedKafka.launch();
                EmbeddedKafka other = EmbeddedKafka.launch()) {
            for (EmbeddedKafka broker : new EmbeddedKafka[] {one, other}) {
                KafkaClients clients = new KafkaClients(broker);
                clients.createTopic("topic");
                clients.send("topic", broker.toString());
                assertThat(clients.readUpTo("topic", broker.toString())).containsExactly(broker.toString());
            }
        }
    }

    @Test
    void closeLeavesNoThreadBehindThatKeepsTheJvm() throws ExecutionException, InterruptedException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (EmbeddedKafka broker = EmbeddedKafka.launch()) {
            KafkaClients clients = new KafkaClients(broker);
            clients.createTopic("topic");
            clients.send("topic", "value");
            assertThat(clients.readUpTo("topic", "value")).containsExactly("value");
        }

        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> !thread.isDaemon() && !before.contains(thread))
                        .collect(Collectors.toList()))
                .isEmpty();
    }

    @Test
    void clientsCanBeLedThroughAProxy() throws ExecutionException, InterruptedException {
        try (FaultProxy proxy = FaultProxy.to(Ports.free());
                EmbeddedKafka broker =
                        EmbeddedKafka.launch("advertised.listeners=PLAINTEXT://127.0.0.1:" + proxy.port())) {
            proxy.retarget(broker.port());

            KafkaClients clients = new KafkaClients(broker);
            clients.createTopic("topic");
            clients.send("topic", "value");

            assertThat(proxy.accepted()).isPositive();
        }
    }
}
