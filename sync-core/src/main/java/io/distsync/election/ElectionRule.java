package io.distsync.election;

import io.distsync.election.Succession.Place;
import io.distsync.version.Version;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a candidate does next: a function of what it knows of the store, of itself, and of the time. Each step leads to a change of
 * one of them, after which it is asked again; so a step that failed, or whose outcome is not known, needs no care of its own.
 */
final class ElectionRule {

    private ElectionRule() {}

    /**
     * What a candidate knows of itself.
     *
     * @param against why it does not want to lead now; {@code null} if it does
     * @param seat the version of its entry in the line, while its lease is kept
     * @param term the version of its entry as the leader, while it leads
     */
    record Self(
            String id,
            int priority,
            @Nullable RevocationReason against,
            @Nullable Version seat,
            @Nullable Version term) {}

    sealed interface Step {}

    /**
     * Nothing, until something changes.
     *
     * @param atMost in nanoseconds: when to ask again though nothing has changed; {@code null}: never
     */
    record Rest(@Nullable Long atMost) implements Step {}

    /** Nothing, until the replica has caught up. */
    record Await() implements Step {}

    /** Joins the line, at its end; an old entry is overwritten. */
    record Join() implements Step {}

    /** Takes the entry out of the line. */
    record Leave(Version place) implements Step {}

    /** Leads instead of waiting, if there is no leader yet. */
    record Campaign(Version place) implements Step {}

    /** Takes an entry as the leader away that stands for no term any more. */
    record Vacate(Version term, boolean join) implements Step {}

    /** Ends the term; the entry stays until that has been told. */
    record End(RevocationReason why) implements Step {}

    /** @param succession {@code null} if nothing is known that is new enough */
    static Step next(Self self, @Nullable Succession succession, long now) {
        if (self.term() != null && self.against() != null) {
            return new End(self.against());
        }
        if (succession == null) {
            return new Await();
        }
        return self.term() == null ? follow(self, succession) : lead(self, self.term(), succession, now);
    }

    private static Step follow(Self self, Succession succession) {
        Place leader = succession.leader();
        if (leader != null && succession.isLedBy(self.id())) {
            return new Vacate(leader.version(), self.against() == null);
        }
        Optional<Place> own = succession.waiting(self.id());
        if (self.against() != null) {
            return own.<Step>map(place -> new Leave(place.version())).orElse(new Rest(null));
        }
        if (own.isEmpty() || !own.get().version().equals(self.seat())) {
            return new Join();
        }
        boolean turn = leader == null && succession.line().get(0).equals(own.get());
        return turn ? new Campaign(own.get().version()) : new Rest(null);
    }

    private static Step lead(Self self, Version term, Succession succession, long now) {
        if (succession.leader() == null || !succession.leader().version().equals(term)) {
            return new End(RevocationReason.GONE);
        }
        if (succession.line().isEmpty()) {
            return new Rest(null);
        }
        Place heir = succession.line().get(0);
        if (heir.member().priority() <= self.priority() || !heir.member().wantsFailBack()) {
            return new Rest(null);
        }
        long left = heir.seenAt() + heir.member().failBackNanos() - now;
        return left > 0 ? new Rest(left) : new End(RevocationReason.FAIL_BACK);
    }
}
