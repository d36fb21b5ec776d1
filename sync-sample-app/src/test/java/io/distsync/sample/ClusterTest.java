package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.AdditionalAnswers.delegatesTo;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

import io.distsync.SyncService;
import io.distsync.election.SyncElections;
import io.distsync.error.RejectedException;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.env.MockEnvironment;

/** A node whose registration the test answers. */
@ExtendWith(OutputCaptureExtension.class)
class ClusterTest {

    private final SyncService service = SyncService.local();
    private final SyncRegistry store = SyncRegistry.using(service);
    private final SyncElections candidates = SyncElections.using(service);
    private final SyncElections elections = mock(SyncElections.class, delegatesTo(candidates));
    private final SyncRegistry registry = mock(SyncRegistry.class, delegatesTo(store));
    private final CompletableFuture<Registration> answer = new CompletableFuture<>();

    @AfterEach
    void close() {
        candidates.close();
        store.close();
        service.close();
    }

    private Cluster started() {
        doReturn(answer).when(registry).registerAsync(any(), any());
        Cluster cluster = new Cluster(
                registry,
                elections,
                new SampleProperties("tester", "localhost", 10, Duration.ofSeconds(1)),
                new MockEnvironment());
        cluster.start();
        return cluster;
    }

    @Test
    void nodeThatHasStoppedDoesNotStandForElectionWhenItsRegistrationIsAnsweredAtLast() {
        Cluster cluster = started();
        cluster.stop();

        Registration late = store.register(
                ServiceInstance.of("sample", "localhost", 8080).withId("tester"), RegistrationOptions.defaults());
        answer.complete(late);

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(late.instance().status()).isEqualTo(InstanceStatus.DRAINING));
        verify(elections, never()).join(any(), any());
    }

    @Test
    void registrationThatIsRefusedIsLogged(CapturedOutput output) {
        Cluster cluster = started();
        answer.completeExceptionally(new RejectedException("no right"));

        assertThat(output).contains("Node 'tester' is not registered").contains("no right");
        cluster.stop();
    }
}
