package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Answers of the store that do not come, and such as nobody likes. */
@Timeout(60)
class RegistrationAnswersTest {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final ServiceInstance INSTANCE =
            ServiceInstance.of("orders", "10.0.0.1", 8080).withId("one");

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final VirtualTime time = new VirtualTime();
    private final LocalSyncBackend store =
            LocalSyncBackend.builder().time(time).scheduler(time).build();
    private final Troubled troubled = new Troubled(store);
    private final SyncService service =
            SyncService.builder(troubled).timeout(Duration.ofMillis(300)).build();
    private final SyncService patient = SyncService.using(troubled);
    private final SyncService others = SyncService.using(store);
    private final SyncRegistry registry = SyncRegistry.using(service);
    private final SyncRegistry patientRegistry = SyncRegistry.using(patient);
    private final SyncRegistry otherRegistry = SyncRegistry.using(others);

    @AfterEach
    void close() {
        troubled.trouble = Trouble.NONE;
        registry.close();
        patientRegistry.close();
        otherRegistry.close();
        service.close();
        patient.close();
        others.close();
        store.close();
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(2));
    }

    private List<ServiceInstance> stored() {
        return otherRegistry.fetch("orders").all();
    }

    private static void awaitRegistered(Registration registration) {
        eventually().until(() -> registration.status() == RegistrationStatus.REGISTERED);
    }

    @Test
    void registrationWithoutAnAnswerIsMadeAgain() {
        troubled.trouble = Trouble.LOST_REPLIES;
        Registration registration = registry.register(INSTANCE);
        assertThat(registration.status()).isEqualTo(RegistrationStatus.RETRYING);
        assertThat(stored()).containsExactly(INSTANCE);
        troubled.trouble = Trouble.NONE;
        awaitRegistered(registration);
        assertThat(stored()).containsExactly(INSTANCE);
    }

    @Test
    void registrationThatIsClosedWithoutAnAnswerIsDeletedIfItIsThere() {
        troubled.trouble = Trouble.LOST_REPLIES;
        Registration registration = registry.register(INSTANCE);
        assertThat(stored()).containsExactly(INSTANCE);
        troubled.trouble = Trouble.NONE;
        registration.close();
        assertThat(stored()).isEmpty();
    }

    @Test
    void updateWithoutAnAnswerIsMadeAgain() {
        Registration registration = registry.register(INSTANCE);
        troubled.trouble = Trouble.LOST_REPLIES;
        assertThat(registration.update(instance -> instance.withWeight(2))).isEqualTo(RegistrationStatus.RETRYING);
        troubled.trouble = Trouble.NONE;
        awaitRegistered(registration);
        assertThat(stored()).containsExactly(INSTANCE.withWeight(2));
    }

    @Test
    void closedRegistrationDoesNotDeleteWhatAnotherMade() {
        troubled.trouble = Trouble.LOST_REPLIES;
        Registration registration = registry.register(INSTANCE);
        otherRegistry.register(INSTANCE.withWeight(5));
        troubled.trouble = Trouble.NONE;
        registration.close();
        assertThat(stored()).containsExactly(INSTANCE.withWeight(5));
    }

    @Test
    void refusedRegistrationIsNone() {
        troubled.trouble = Trouble.REFUSAL;
        assertThatThrownBy(() -> registry.register(INSTANCE)).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> registry.registerAsync(INSTANCE).join()).hasCauseInstanceOf(RejectedException.class);
        troubled.trouble = Trouble.NONE;
        assertThat(stored()).isEmpty();
    }

    @Test
    void refusedUpdateIsForgotten() {
        Registration registration = registry.register(INSTANCE);
        troubled.trouble = Trouble.REFUSAL;
        assertThatThrownBy(() -> registration.update(instance -> instance.withWeight(2)))
                .isInstanceOf(RejectedException.class);
        assertThat(registration.instance()).isEqualTo(INSTANCE);
        troubled.trouble = Trouble.NONE;
        awaitRegistered(registration);
        assertThat(stored()).containsExactly(INSTANCE);
    }

    @Test
    void updateIsAnsweredThoughOthersFollowAllTheTime() {
        Registration registration = patientRegistry.register(INSTANCE);
        troubled.hold();
        CompletableFuture<RegistrationStatus> before = registration.updateAsync(instance -> instance.withWeight(2));
        for (int weight = 3; weight < 10; weight++) {
            CompletableFuture<RegistrationStatus> next = registration.updateAsync(withWeight(weight));
            troubled.answerOne(); // and the next write is begun
            assertThat(before.orTimeout(5, TimeUnit.SECONDS).join()).isEqualTo(RegistrationStatus.REGISTERED);
            before = next;
        }
        troubled.answerOne();
        assertThat(before.join()).isEqualTo(RegistrationStatus.REGISTERED);
        assertThat(stored()).containsExactly(INSTANCE.withWeight(9));
    }

    @Test
    void updateAfterOneThatIsRefusedIsTold() {
        Registration registration = patientRegistry.register(INSTANCE);
        troubled.hold();
        CompletableFuture<RegistrationStatus> first = registration.updateAsync(withWeight(2));
        CompletableFuture<RegistrationStatus> second = registration.updateAsync(withWeight(3));
        troubled.refuseOne();
        assertThatThrownBy(first::join).hasCauseInstanceOf(RejectedException.class);
        troubled.answerOne();
        assertThat(second.join()).isEqualTo(RegistrationStatus.REGISTERED);
        assertThat(stored()).containsExactly(INSTANCE.withWeight(3));
    }

    private static UnaryOperator<ServiceInstance> withWeight(int weight) {
        return instance -> instance.withWeight(weight);
    }

    @Test
    void interruptWithdrawsTheRegistration() {
        troubled.trouble = Trouble.LOST_REPLIES;
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> registry.register(INSTANCE)).isInstanceOf(OutcomeUnknownException.class);
        assertThat(Thread.interrupted()).isTrue();
        troubled.trouble = Trouble.NONE;
        eventually().until(() -> stored().isEmpty());
    }

    @Test
    void serviceThatIsClosedFirstEndsTheRegistration() {
        Registration registration = registry.register(INSTANCE);
        service.close();
        registry.close();
        assertThat(registration.status()).isEqualTo(RegistrationStatus.CLOSED);
        assertThat(stored()).as("until the lease is over").containsExactly(INSTANCE);
    }

    @Test
    void lostEntriesComeBackOneAfterAnother() {
        Duration lease = Duration.ofSeconds(30);
        RegistrationOptions options =
                RegistrationOptions.defaults().withLease(lease).withJitter(Duration.ofSeconds(4));
        try (SyncRegistry onVirtualTime =
                SyncRegistry.builder(others).time(time).scheduler(time).build()) {
            List<Registration> all = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                all.add(onVirtualTime.register(INSTANCE.withId("i" + i), options));
            }
            SyncMap<Stored> map = others.map(Topic.of("registry:orders", Stored.class));
            all.forEach(each -> map.remove(each.instance().id()));
            time.advance(lease.dividedBy(3));
            eventually().until(() -> registered(all) == 0);
            time.advance(Duration.ofSeconds(2));
            eventually().until(() -> registered(all) > 0);
            assertThat(registered(all)).as("after half of the time").isLessThan(60);
            time.advance(Duration.ofSeconds(2));
            eventually().until(() -> registered(all) == 60);
        }
    }

    private static long registered(List<Registration> all) {
        return all.stream()
                .filter(each -> each.status() == RegistrationStatus.REGISTERED)
                .count();
    }

    private enum Trouble {
        NONE,
        LOST_REPLIES,
        REFUSAL,
        NO_HURRY
    }

    private static final class Troubled extends DelegatingBackend {

        private record Held(Commit commit, CompletableFuture<CommitResult> result) {}

        private final Queue<Held> held = new ConcurrentLinkedQueue<>();
        private volatile Trouble trouble = Trouble.NONE;

        Troubled(SyncBackend backend) {
            super(backend);
        }

        /** What is committed from now on waits until it is answered or refused. */
        void hold() {
            trouble = Trouble.NO_HURRY;
        }

        void answerOne() {
            Held next = awaitHeld();
            super.commit(next.commit).thenAccept(next.result::complete);
        }

        void refuseOne() {
            awaitHeld().result.completeExceptionally(new RejectedException("refused"));
        }

        private Held awaitHeld() {
            return eventually().until(held::poll, Objects::nonNull);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return switch (trouble) {
                case NO_HURRY -> {
                    Held waiting = new Held(commit, new CompletableFuture<>());
                    held.add(waiting);
                    yield waiting.result;
                }
                case NONE -> super.commit(commit);
                case LOST_REPLIES ->
                    super.commit(commit)
                            .thenCompose(result ->
                                    CompletableFuture.failedFuture(new OutcomeUnknownException("reply lost")));
                case REFUSAL -> CompletableFuture.failedFuture(new RejectedException("refused"));
            };
        }
    }
}
