package io.distsync.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.LeaseOptions;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.Lease;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Time stands still until a test moves it, for the store and for the keeper alike. */
class LeaseKeeperTest {

    private static final Duration TTL = Duration.ofSeconds(30);
    private static final Duration THIRD = TTL.dividedBy(3);

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final VirtualTime time = new VirtualTime();
    private final Renewals renewals =
            new Renewals(LocalSyncBackend.builder().time(time).scheduler(time).build());
    private final LeaseKeeper keeper = new LeaseKeeper(time, time);
    private final List<LossReason> lost = new CopyOnWriteArrayList<>();
    private SyncService service;

    @BeforeEach
    void open() {
        service = SyncService.using(renewals);
    }

    @AfterEach
    void close() {
        keeper.close();
        service.close();
        renewals.close();
    }

    private KeptLease granted(int number) {
        SyncMap<String> map = service.map(Topic.of("topic" + number % 10, String.class));
        long sent = time.nanos();
        map.put("key" + number, "mine", LeaseOptions.lease("id", TTL));
        return keeper.keep(map, new Lease(map.topic().name(), "key" + number, "id"), TTL, sent, lost::add);
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(2));
    }

    @Test
    void leasesAreRenewedTogether() {
        List<KeptLease> all = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            all.add(granted(i));
            time.advance(Duration.ofNanos(100_000)); // a quarter of a second in all
        }
        time.advance(THIRD.minus(Duration.ofMillis(250)));

        eventually().until(() -> all.stream().allMatch(kept -> kept.remaining().toSeconds() >= 28));
        assertThat(renewals.calls).as("one for each topic").hasSize(10).allMatch(leases -> leases.size() == 250);
        for (int i = 0; i < 10; i++) {
            time.advance(THIRD);
            eventually()
                    .until(() -> all.stream().allMatch(kept -> kept.remaining().toSeconds() >= 19));
        }
        assertThat(all).allMatch(KeptLease::isValid);
        assertThat(lost).isEmpty();
    }

    @Test
    void leaseIsOverHereBeforeItIsInTheStore() {
        KeptLease kept = granted(1);
        renewals.answering = false;
        time.advance(TTL.minus(Duration.ofMillis(301)));
        assertThat(kept.isValid()).isTrue();
        assertThat(lost).isEmpty();

        time.advance(Duration.ofMillis(1));

        assertThat(kept.isValid()).isFalse();
        assertThat(kept.remaining()).isZero();
        assertThat(lost).containsExactly(LossReason.EXPIRED);
        assertThat(kept.letGo()).isFalse();
        assertThat(kept.lose(LossReason.MAXIMUM_HOLD)).isFalse();
        assertThat(lost).hasSize(1);
    }

    @Test
    void renewalIsTriedAgainUntilItIsTooLate() {
        KeptLease kept = granted(1);
        renewals.answering = false;
        time.advance(TTL.multipliedBy(2));
        assertThat(renewals.calls).as("after a third, and each further sixth").hasSize(4);

        renewals.answerAll();

        assertThat(kept.isValid()).as("an answer that comes too late").isFalse();
        assertThat(lost).containsExactly(LossReason.EXPIRED);
    }

    @Test
    void renewalCountsFromWhenItWasAskedFor() {
        KeptLease kept = granted(1);
        renewals.answering = false;
        time.advance(THIRD.plusSeconds(4));

        renewals.answerAll();

        eventually().until(() -> kept.remaining().compareTo(Duration.ofSeconds(20)) > 0);
        assertThat(kept.remaining()).isEqualTo(TTL.minusMillis(300).minusSeconds(4));
    }

    @Test
    void leaseThatIsGoneIsLost() {
        KeptLease kept = granted(1);
        service.map(Topic.of("topic1", String.class)).remove("key1");
        time.advance(THIRD);

        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.GONE));
        assertThat(kept.isValid()).isFalse();
    }

    @Test
    void leaseThatWasLetGoIsNotRenewed() {
        KeptLease kept = granted(1);
        assertThat(kept.letGo()).isTrue();
        assertThat(kept.letGo()).isFalse();
        assertThat(kept.isValid()).isFalse();
        time.advance(TTL.multipliedBy(3));
        assertThat(renewals.calls).isEmpty();
        assertThat(lost).isEmpty();
        assertThat(service.map(Topic.of("topic1", String.class)).get("key1")).isEmpty();
    }

    @Test
    void topicThatFailsDoesNotKeepOthersFromBeingRenewed() {
        SyncMap<String> closed = service.map(Topic.of("topic1", String.class));
        closed.put("gone", "mine", LeaseOptions.lease("id", TTL));
        KeptLease first = keeper.keep(closed, new Lease("topic1", "gone", "id"), TTL, time.nanos(), lost::add);
        KeptLease second = granted(2);
        closed.close();
        time.advance(THIRD);

        eventually().until(() -> second.remaining().toSeconds() >= 28);
        assertThat(first.isValid()).isTrue();
        assertThat(renewals.calls).hasSize(1); // the other one could not even be asked
    }

    @Test
    void leasesOfManyTopicsAreRenewedInOneCall() {
        List<KeptLease> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(granted(i));
        }
        time.advance(THIRD);

        eventually().until(() -> all.stream().allMatch(kept -> kept.remaining().toSeconds() >= 28));
        assertThat(renewals.calls).hasSize(1);
        assertThat(renewals.calls.get(0)).hasSize(10);
    }

    @Test
    void silenceAboutOneTopicDoesNotCostOthersTheirLeases() {
        KeptLease first = granted(1);
        KeptLease second = granted(2);
        renewals.mute = "topic1";
        time.advance(THIRD);
        assertThat(renewals.calls).as("both in one, which is not answered").hasSize(1);
        assertThat(second.remaining()).isLessThan(TTL.minus(THIRD));

        time.advance(TTL.dividedBy(6));

        eventually().until(() -> second.remaining().toSeconds() >= 28);
        time.advance(TTL.dividedBy(2));
        assertThat(first.isValid()).isFalse();
        assertThat(second.isValid()).isTrue();
    }

    /** The backend, and what was asked of it. */
    private static final class Renewals extends DelegatingBackend {

        private final List<List<Lease>> calls = new CopyOnWriteArrayList<>();
        private final List<CompletableFuture<List<Lease>>> unanswered = new CopyOnWriteArrayList<>();
        private volatile boolean answering = true;
        private volatile String mute = "";

        Renewals(SyncBackend backend) {
            super(backend);
        }

        void answerAll() {
            unanswered.forEach(answer -> answer.complete(List.of()));
        }

        @Override
        public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
            calls.add(List.copyOf(leases));
            if (answering && leases.stream().noneMatch(lease -> lease.topic().equals(mute))) {
                return super.keepAlive(leases);
            }
            CompletableFuture<List<Lease>> answer = new CompletableFuture<>();
            unanswered.add(answer);
            return answer;
        }
    }
}
