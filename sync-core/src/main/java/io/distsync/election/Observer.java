package io.distsync.election;

import io.distsync.FeedStatus;
import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapReplica;
import io.distsync.SyncMap;
import io.distsync.backend.Subscription;
import io.distsync.version.Version;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** Follows an election without being a candidate. */
final class Observer implements ElectionView {

    private final SyncElections elections;
    private final String election;
    private final SyncMap<Member> map;
    private final MapReplica<Member> replica;

    Observer(SyncElections elections, String election, SyncMap<Member> map) {
        this.elections = elections;
        this.election = election;
        this.map = map;
        this.replica = map.replica();
    }

    @Override
    public Optional<Leader> leader() {
        return replica.get(Succession.LEADER).map(Leader::of);
    }

    @Override
    public FeedStatus status() {
        return replica.status();
    }

    String election() {
        return election;
    }

    ElectionStatus electionStatus() {
        return new ElectionStatus(election, leader().orElse(null), null);
    }

    @Override
    public Subscription onChange(Consumer<Optional<Leader>> listener) {
        return replica.onChange(new LeaderListener(Objects.requireNonNull(listener, "listener")));
    }

    @Override
    public void close() {
        map.close();
        elections.left(this);
    }

    /** Its fields are those of the thread that tells the listener. */
    private static final class LeaderListener implements MapListener<Member> {

        private final Consumer<Optional<Leader>> listener;
        private Optional<Leader> told = Optional.empty();
        private boolean begun;

        LeaderListener(Consumer<Optional<Leader>> listener) {
            this.listener = listener;
        }

        @Override
        public void onSnapshot(List<MapEntry<Member>> entries, Version head) {
            tell(entries.stream()
                    .filter(entry -> entry.key().equals(Succession.LEADER))
                    .findAny()
                    .map(entry -> Leader.of(entry.versioned())));
        }

        @Override
        public void onChanges(List<MapChange<Member>> changes) {
            changes.stream()
                    .filter(change -> change.key().equals(Succession.LEADER))
                    .reduce((earlier, later) -> later)
                    .ifPresent(change -> tell(Optional.of(change.versioned())
                            .filter(now -> now.present())
                            .map(Leader::of)));
        }

        private void tell(Optional<Leader> leader) {
            if (!begun || !leader.equals(told)) {
                begun = true;
                told = leader;
                listener.accept(leader);
            }
        }
    }
}
