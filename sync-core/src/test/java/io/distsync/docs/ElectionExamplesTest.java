package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.election.Candidacy;
import io.distsync.election.CandidateOptions;
import io.distsync.election.ElectionView;
import io.distsync.election.Leader;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of docs/elections.md. */
class ElectionExamplesTest {

    private final SyncService service = SyncService.local();
    private final Importer importer = new Importer();

    @AfterEach
    void close() {
        service.close();
    }

    private static final class Importer {

        private final List<String> done = new CopyOnWriteArrayList<>();

        void start(LeaderTerm term) {
            done.add("start " + term.election());
        }

        void stop() {
            done.add("stop");
        }

        void importNext() {
            done.add("import");
        }

        boolean isConnected() {
            return true;
        }
    }

    @Test
    void join() {
        SyncElections elections = SyncElections.using(service);
        Candidacy candidacy = elections.join("importer", new LeadershipListener() {
            @Override
            public void elected(LeaderTerm term) {
                importer.start(term);
            }

            @Override
            public void revoked(LeaderTerm term, RevocationReason reason) {
                importer.stop();
            }
        });

        await().until(candidacy::isLeader);
        elections.close();
        assertThat(importer.done).containsExactly("start importer", "stop");
    }

    private static final class Loop implements LeadershipListener {

        private final Importer importer;

        Loop(Importer importer) {
            this.importer = importer;
        }

        @Override
        public void elected(LeaderTerm term) {
            while (term.isValid()) {
                importer.importNext();
            }
        }

        @Override
        public void revoked(LeaderTerm term, RevocationReason reason) {
            importer.stop();
        }
    }

    @Test
    void loop() {
        try (SyncElections elections = SyncElections.using(service)) {
            Candidacy candidacy = elections.join("importer", new Loop(importer));
            await().until(() -> importer.done.contains("import"));
            candidacy.close();
        }
        assertThat(importer.done).last().isEqualTo("stop");
    }

    @Test
    void options() {
        CandidateOptions primary = CandidateOptions.defaults()
                .withLease(Duration.ofSeconds(10))
                .withPriority(10)
                .withFailBack(Duration.ofMinutes(1))
                .withHealth(importer::isConnected, Duration.ofSeconds(2));
        try (SyncElections elections = SyncElections.using(service)) {
            Candidacy candidacy = elections.join("importer", primary, new Loop(importer));
            await().until(candidacy::isLeader);
        }
    }

    @Test
    void fence() {
        SyncMap<String> map = service.map(Topic.of("imported", String.class));
        try (SyncElections elections = SyncElections.using(service)) {
            Candidacy candidacy = elections.join("importer", new Loop(importer));
            await().until(candidacy::isLeader);
            LeaderTerm term = candidacy.term().orElseThrow();
            CommitOutcome<String> written = map.commit(
                    commit -> commit.fence("importer", term.token().version()).put("position", "4711"));
            if (!written.isCommitted()) {
                // somebody was elected later, and has written already
            }
            assertThat(written.isCommitted()).isTrue();
        }
    }

    @Test
    void observe() {
        try (SyncElections elections =
                SyncElections.builder(service).owner("host-1").build()) {
            ElectionView view = elections.observe("importer");
            Optional<Leader> leader = view.leader();
            view.onChange(now -> System.out.println("importer: " + now.map(Leader::owner)));

            assertThat(leader).isEmpty();
            Candidacy candidacy = elections.join("importer", new Loop(importer));
            await().until(() -> view.leader().map(Leader::owner).equals(Optional.of("host-1")));
            candidacy.close();
        }
    }
}
