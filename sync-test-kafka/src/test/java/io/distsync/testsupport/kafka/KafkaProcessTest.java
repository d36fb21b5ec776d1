package io.distsync.testsupport.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class KafkaProcessTest extends KafkaBrokerContract {

    @Override
    KafkaBroker startBroker(String... properties) {
        return KafkaProcess.launch(properties);
    }

    @Test
    void killLosesNothingThatWasAcknowledgedAndCloseLeavesNoProcess() throws ExecutionException, InterruptedException {
        long pid;
        try (KafkaProcess broker = KafkaProcess.launch()) {
            KafkaClients clients = new KafkaClients(broker);
            clients.createTopic("topic");
            clients.send("topic", "value");

            long killed = broker.pid();
            broker.kill();
            assertThat(ProcessHandle.of(killed)).isEmpty();
            assertThatIllegalStateException().isThrownBy(broker::pause);
            broker.start();

            pid = broker.pid();
            assertThat(clients.readUpTo("topic", "value")).containsExactly("value");
        }
        assertThat(ProcessHandle.of(pid)).isEmpty();
    }

    @Test
    void pausedBrokerLeavesASendWithoutAnswerAndGoesOnLater() throws ExecutionException, InterruptedException {
        Map<String, Object> impatient =
                Map.of(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 500, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 1000);
        try (KafkaProcess broker = KafkaProcess.launch()) {
            KafkaClients clients = new KafkaClients(broker);
            clients.createTopic("topic");
            try (Producer<String, String> producer = clients.producer(impatient)) {
                producer.send(new ProducerRecord<>("topic", "before")).get();

                broker.pause();
                assertThat(broker.toString()).contains("paused");
                assertThatThrownBy(() -> producer.send(new ProducerRecord<>("topic", "during"))
                                .get())
                        .hasCauseInstanceOf(TimeoutException.class);
                broker.resume();
            }
            clients.send("topic", "after");

            // "during" may be among them: its sender was told nothing.
            assertThat(clients.readUpTo("topic", "after")).startsWith("before").endsWith("after");
        }
    }

    @Test
    void pausedBrokerCanBeStopped() {
        try (KafkaProcess broker = KafkaProcess.launch()) {
            broker.pause();

            broker.stop();

            assertThat(broker.toString()).contains("down");
        }
    }
}
