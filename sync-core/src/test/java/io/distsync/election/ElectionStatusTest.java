package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.local.LocalSyncBackend;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ElectionStatusTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private static final LeadershipListener NOTHING = new LeadershipListener() {
        @Override
        public void elected(LeaderTerm term) {}

        @Override
        public void revoked(LeaderTerm term, RevocationReason reason) {}
    };

    @Test
    void nodesThatTakePartOrObserveKnowTheLeader() {
        try (LocalSyncBackend store = LocalSyncBackend.create();
                SyncService one = SyncService.using(store);
                SyncService two = SyncService.using(store);
                SyncElections leading = SyncElections.builder(one).owner("one").build();
                SyncElections others = SyncElections.builder(two).owner("two").build()) {
            assertThat(leading.status()).isEmpty();
            Candidacy first = leading.join("importer", NOTHING);
            await().atMost(LONG).until(first::isLeader);
            others.join("importer", NOTHING);
            ElectionView view = others.observe("exporter");

            assertThat(leading.status()).singleElement().satisfies(status -> {
                assertThat(status.name()).isEqualTo("importer");
                assertThat(status.term()).isEqualTo(first.term().orElseThrow().token());
            });
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(others.status())
                            .hasSize(2)
                            .satisfiesExactly(
                                    exporter ->
                                            assertThat(exporter).isEqualTo(new ElectionStatus("exporter", null, null)),
                                    importer -> {
                                        assertThat(importer.term()).isNull();
                                        assertThat(Objects.requireNonNull(importer.leader())
                                                        .owner())
                                                .isEqualTo("one");
                                    }));
            view.close();
            assertThat(others.status()).hasSize(1);
        }
    }
}
