package io.distsync.testsupport.kafka;

import static org.assertj.core.api.Assertions.assertThat;

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
                        .filter(thread -> !before.contains(thread))
                        .collect(Collectors.toList()))
                .isEmpty();
    }
}
