package io.distsync.backend;

import io.distsync.NothingLeftBehind;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.OutcomeUnknownException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.awaitility.Awaitility;

/** What one case works with: a store, its clients, the topics used, the followers opened. */
final class StoreUnderTest {

    static final Duration BOUND = Duration.ofSeconds(30);

    private final BackendFixture fixture;
    private final NothingLeftBehind watch;
    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final List<SyncBackend> clients = new ArrayList<>();
    /** The clients as the fixture knows them. */
    private final IdentityHashMap<SyncBackend, SyncBackend> asOpened = new IdentityHashMap<>();

    private final List<RecordingFollower> followers = new ArrayList<>();
    private final Map<String, TopicUnderTest> topics = new LinkedHashMap<>();
    private boolean checkedByCase;

    StoreUnderTest(BackendFixture fixture, NothingLeftBehind watch) {
        this.fixture = fixture;
        this.watch = watch;
        open();
    }

    BackendFixture fixture() {
        return fixture;
    }

    /** The first client; the one topics use if not told otherwise. */
    SyncBackend client() {
        return clients.get(0);
    }

    /** A further client of the same store. */
    SyncBackend open() {
        SyncBackend opened = fixture.open();
        SyncBackend client = watch.watch(opened);
        clients.add(client);
        asOpened.put(client, opened);
        return client;
    }

    /** A topic no other case uses. */
    TopicUnderTest topic(String suffix) {
        return topics.computeIfAbsent(
                suffix, absent -> new TopicUnderTest(this, client(), "conformance:" + run + "/" + absent));
    }

    void advance(Duration time) {
        fixture.advance(time);
    }

    /** Long enough for what is due after the time to live to have become a change. */
    void advancePast(Duration ttl) {
        fixture.advance(ttl.plus(fixture.sweep().multipliedBy(2)));
    }

    /** Long enough for a topic that is idle to have been dropped. */
    void advancePastIdle(Duration idle) {
        advancePast(idle);
        fixture.advance(fixture.secondLook());
    }

    void cut(SyncBackend client) {
        fixture.cut(asOpened(client));
    }

    void silence(SyncBackend client) {
        fixture.silence(asOpened(client));
    }

    void heal(SyncBackend client) {
        fixture.heal(asOpened(client));
    }

    void loseNextReply(SyncBackend client) {
        fixture.loseNextReply(asOpened(client));
    }

    void refuseNext(SyncBackend client) {
        fixture.refuseNext(asOpened(client));
    }

    private SyncBackend asOpened(SyncBackend client) {
        return Objects.requireNonNull(asOpened.get(client));
    }

    void opened(RecordingFollower follower) {
        synchronized (followers) {
            followers.add(follower);
        }
    }

    /** Tells that the store cannot be asked any more after the case, which therefore checks what it has to itself. */
    void willNotAnswer() {
        checkedByCase = true;
    }

    /** What must hold after each case. */
    void verify() {
        List<RecordingFollower> opened;
        synchronized (followers) {
            opened = List.copyOf(followers);
        }
        opened.forEach(RecordingFollower::verify);
        if (!checkedByCase) {
            topics.values().forEach(TopicInvariants::verify);
        }
    }

    void close() {
        synchronized (followers) {
            followers.forEach(RecordingFollower::close);
        }
        clients.forEach(SyncBackend::close);
        fixture.close();
    }

    /** Sends a commit again until it is answered; what a caller does who may not give up. */
    static CommitResult insist(SyncBackend client, Commit commit) {
        return Awaitility.await()
                .atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .ignoreExceptionsMatching(failure ->
                        failure instanceof OutcomeUnknownException || failure instanceof BackendUnavailableException)
                .until(() -> Answers.answer(client.commit(commit)), result -> true);
    }
}
