package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Notes what a candidate is told, and that calls come in pairs and do not overlap. */
class RecordingListener implements LeadershipListener {

    static final Duration BOUND = Duration.ofSeconds(20);

    private final List<LeaderTerm> terms = new CopyOnWriteArrayList<>();
    private final List<RevocationReason> reasons = new CopyOnWriteArrayList<>();
    private final List<String> broken = new CopyOnWriteArrayList<>();
    private final AtomicInteger inside = new AtomicInteger();

    @Override
    public void elected(LeaderTerm term) throws Exception {
        enter("elected", reasons.size() == terms.size());
        terms.add(term);
        inside.decrementAndGet();
    }

    @Override
    public void revoked(LeaderTerm term, RevocationReason reason) throws Exception {
        enter("revoked", reasons.size() == terms.size() - 1 && terms.get(terms.size() - 1) == term);
        if (term.isValid()) {
            broken.add("valid though revoked");
        }
        reasons.add(reason);
        inside.decrementAndGet();
    }

    private void enter(String what, boolean inTurn) {
        if (inside.getAndIncrement() != 0 || !inTurn) {
            broken.add(what + " out of turn");
        }
    }

    List<LeaderTerm> terms() {
        return terms;
    }

    List<RevocationReason> reasons() {
        assertThat(broken).isEmpty();
        return reasons;
    }

    /** Waits for the n-th term. */
    LeaderTerm term(int number) {
        await().atMost(BOUND).pollInterval(Duration.ofMillis(2)).until(() -> terms.size() >= number);
        assertThat(broken).isEmpty();
        return terms.get(number - 1);
    }

    /** Waits for the end of the n-th term. */
    RevocationReason reason(int number) {
        await().atMost(BOUND).pollInterval(Duration.ofMillis(2)).until(() -> reasons.size() >= number);
        assertThat(broken).isEmpty();
        return reasons.get(number - 1);
    }
}
