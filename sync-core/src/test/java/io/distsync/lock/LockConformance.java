package io.distsync.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.CommitOutcome;
import io.distsync.RecipeConformance;
import io.distsync.RecipeNodes;
import io.distsync.ServiceFixture.Capability;
import io.distsync.SyncMap;
import io.distsync.Together;
import io.distsync.Topic;
import io.distsync.backend.Selection;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.SyncException;
import io.distsync.lease.FencingToken;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@link SyncLocks} promises, on every backend. */
public abstract class LockConformance extends RecipeConformance {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(6);

    /** Long enough for a busy machine to answer in. */
    private static final Duration SHORT = Duration.ofMillis(500);

    private static final class Node extends RecipeNodes.Node {

        private final SyncLocks locks;

        Node(RecipeNodes nodes) {
            super(nodes);
            locks = SyncLocks.builder(service())
                    .owner(name())
                    .prefix("lock:" + nodes.unique(""))
                    .time(time())
                    .build();
        }

        SyncLocks locks() {
            return locks;
        }

        @Override
        protected void closeRecipe() {
            locks.close();
        }
    }

    private static LockGrant held(Optional<LockGrant> grant) {
        assertThat(grant).as("the grant").isPresent();
        assertThat(grant.get().isValid()).isTrue();
        return grant.get();
    }

    private static LockGrant take(Node node, String name) {
        return held(node.locks().tryLock(name, LONG, options()));
    }

    /** Takes what is free, and not because a lease was over meanwhile. */
    private static LockGrant takeSoon(Node node, String name) {
        return held(node.locks().tryLock(name, LEASE.dividedBy(2), options()));
    }

    /** Waits for it without a thread. */
    private static CompletableFuture<Optional<LockGrant>> ask(Node node, String name) {
        return node.locks().tryLockAsync(name, LONG, options());
    }

    private static LockGrant granted(CompletableFuture<Optional<LockGrant>> asked) {
        assertThat(asked).succeedsWithin(BOUND);
        return held(asked.join());
    }

    /** What is told of its loss from now on. */
    private static List<LossReason> losses(LockGrant grant) {
        List<LossReason> told = new CopyOnWriteArrayList<>();
        grant.onLost(told::add);
        return told;
    }

    /** Takes it only if it is free; a store that is slow for a moment is asked again. */
    private static Optional<LockGrant> tryNow(Node node, String name) {
        return eventually()
                .ignoreException(OutcomeUnknownException.class)
                .until(() -> node.locks().tryLock(name, Duration.ZERO, options()), answer -> true);
    }

    private static LockOptions options() {
        return LockOptions.defaults().withLease(LEASE);
    }

    // --- taking and giving back -------------------------------------------------------------------------------------

    @Test
    @DisplayName("L1: threads of two nodes that take turns count exactly")
    void exclusion() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        int[] unguarded = {0};
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        Together.run(8, thread -> {
            for (int n = 0; n < 25; n++) {
                both[thread % 2].locks().withLock("counted", LONG, options(), grant -> {
                    overlaps.addAndGet(inside.getAndIncrement());
                    unguarded[0]++;
                    inside.decrementAndGet();
                    return null;
                });
            }
        });
        assertThat(overlaps).hasValue(0);
        assertThat(unguarded[0]).isEqualTo(200);
    }

    @Test
    @DisplayName("L1: a lock that is held is not granted, neither to this node nor to another")
    void heldIsNotGranted() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        try (LockGrant grant = take(a, "x")) {
            assertThat(tryNow(a, "x")).isEmpty();
            assertThat(tryNow(b, "x")).isEmpty();
            assertThat(b.locks().tryLock("x", SHORT, options())).isEmpty();
            assertThat(takeSoon(b, "y").name()).isEqualTo("y");
            assertThat(grant.isValid()).isTrue();
        }
        assertThat(take(b, "x").release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L2: who came first is served first, whatever node it is on")
    void firstComeFirstServed() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        LockGrant first = take(both[0], "x");
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int number = i;
            all.add(both[i / 2 % 2].locks().tryLockAsync("x", LONG, options()).thenAccept(grant -> {
                order.add(number);
                var unused = grant.orElseThrow().releaseAsync();
            }));
            int waiting = i + 2;
            eventually().until(() -> queue(both[0], "x") == waiting);
        }
        first.close();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        assertThat(order).isEqualTo(IntStream.range(0, 12).boxed().toList());
        eventually().until(() -> queue(both[0], "x") == 0);
    }

    @Test
    @DisplayName("L3: the token grows from grant to grant, over release, expiry and deletion")
    void tokenGrows() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        List<FencingToken> tokens = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (LockGrant grant = take(i % 2 == 0 ? a : b, "x")) {
                tokens.add(grant.token());
            }
        }
        LockGrant forgotten = take(a, "x");
        tokens.add(forgotten.token());
        clear(b, "x");
        tokens.add(take(b, "x").token());
        assertThat(tokens).isSorted().doesNotHaveDuplicates();
        assertThat(tokens.stream().map(FencingToken::toString)).isSorted();
        assertThat(tokens.stream().map(token -> FencingToken.parse(token.toString())))
                .isEqualTo(tokens);
    }

    @Test
    @DisplayName("L4: giving back twice is answered as the first time, and hurts nobody")
    void releaseTwice() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockGrant first = take(a, "x");
        assertThat(first.release()).isEqualTo(Release.RELEASED);
        assertThat(first.isValid()).isFalse();
        assertThat(first.remaining()).isZero();
        LockGrant second = take(b, "x");
        assertThat(first.release()).isEqualTo(Release.RELEASED);
        first.close();
        assertThat(second.isValid()).isTrue();
        assertThat(tryNow(a, "x")).isEmpty();
    }

    @Test
    @DisplayName("L4: what the store has lost is told when it is given back")
    void releaseOfWhatIsGone() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockGrant gone = take(a, "x");
        clear(b, "x");
        LockGrant other = take(b, "x");
        assertThat(gone.release()).isEqualTo(Release.ALREADY_LOST);
        assertThat(other.isValid()).isTrue();
        assertThat(other.release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L5: a grant that is entered again has the same token, and the lock is free with the last one")
    void reentry() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockGrant outer = take(a, "x");
        LockGrant inner = outer.reenter();
        assertThat(inner.token()).isEqualTo(outer.token());
        assertThat(inner.release()).isEqualTo(Release.RELEASED);
        assertThat(inner.isValid()).isFalse();
        assertThatThrownBy(inner::reenter)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'x'");
        assertThat(outer.isValid()).isTrue();
        assertThat(tryNow(b, "x")).isEmpty();
        assertThat(outer.release()).isEqualTo(Release.RELEASED);
        assertThat(take(b, "x").release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L6: a wait that ends as the lock becomes free leaves it with one of them, or free")
    void waitThatEndsInTheGrant() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        AtomicInteger granted = new AtomicInteger();
        AtomicInteger slow = new AtomicInteger();
        Together.run(8, thread -> {
            for (int n = 0; n < 40; n++) {
                Duration wait = Duration.ofNanos(ThreadLocalRandom.current().nextLong(3_000_000));
                try {
                    both[thread % 2].locks().tryLock("raced", wait, options()).ifPresent(grant -> {
                        granted.incrementAndGet();
                        assertThat(grant.release()).isEqualTo(Release.RELEASED);
                    });
                } catch (OutcomeUnknownException e) {
                    slow.incrementAndGet(); // the store, on a busy machine: that is an end of the wait, too
                }
            }
        });
        assertThat(granted.get())
                .as("grants; %s were not answered in time", slow)
                .isPositive();
        eventually().until(() -> queue(both[0], "raced") == 0);
        assertThat(take(both[1], "raced").release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L7: an interrupt ends the wait, stays set, and leaves nothing in the queue")
    void interrupt() throws Exception {
        Node a = new Node(nodes);
        try (LockGrant grant = take(a, "x")) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            AtomicReference<Boolean> flag = new AtomicReference<>();
            Thread waiting = new Thread(() -> {
                try {
                    a.locks().tryLock("x", LONG, options());
                } catch (RuntimeException e) {
                    failure.set(e);
                }
                flag.set(Thread.currentThread().isInterrupted());
            });
            waiting.start();
            eventually().until(() -> queue(a, "x") == 2);
            waiting.interrupt();
            waiting.join(BOUND.toMillis());
            assertThat(failure.get())
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("interrupted")
                    .hasMessageContaining("'x'");
            assertThat(flag.get()).isTrue();
            eventually().until(() -> queue(a, "x") == 1);
            assertThat(grant.isValid()).isTrue();
        }
    }

    @Test
    @DisplayName("L7: a future that is cancelled does not get the lock")
    void cancel() {
        Node a = new Node(nodes);
        LockGrant grant = take(a, "x");
        CompletableFuture<Optional<LockGrant>> waiting = ask(a, "x");
        eventually().until(() -> queue(a, "x") == 2);
        assertThat(waiting.cancel(false)).isTrue();
        eventually().until(() -> queue(a, "x") == 1);
        assertThat(grant.release()).isEqualTo(Release.RELEASED);
        assertThat(take(a, "x").release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L8: a waiter whose predecessor leaves waits for the one before that")
    void predecessorLeaves() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        for (Node last : both) {
            LockGrant grant = take(both[0], "x");
            CompletableFuture<Optional<LockGrant>> between = ask(both[0], "x");
            eventually().until(() -> queue(both[0], "x") == 2);
            CompletableFuture<Optional<LockGrant>> waiting = ask(last, "x");
            eventually().until(() -> queue(both[0], "x") == 3);
            between.cancel(false);
            eventually().until(() -> queue(both[0], "x") == 2);
            assertThat(waiting).isNotDone();
            grant.close();
            assertThat(granted(waiting).release()).isEqualTo(Release.RELEASED);
        }
    }

    // --- leases -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "L9: a holder that was paused beyond its lease knows before it writes, and the store refuses its token")
    void pausedHolder() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Topic<String> guarded = Topic.of("guarded:" + nodes.unique("g"), String.class);
        SyncMap<String> writtenByA = a.service().map(guarded);
        SyncMap<String> writtenByB = b.service().map(guarded);
        LockGrant old = take(a, "x");
        List<LossReason> lost = losses(old);
        assertThat(write(writtenByA, old, "a")).isTrue();

        a.wakeAfter(LEASE);
        nodes.advance(LEASE);
        LockGrant now = take(b, "x");
        assertThat(write(writtenByB, now, "b")).isTrue();

        assertThat(old.isValid()).isFalse();
        assertThat(old.remaining()).isZero();
        assertThat(write(writtenByA, old, "late"))
                .as("a write with the old token")
                .isFalse();
        assertThat(old.release()).isEqualTo(Release.ALREADY_LOST);
        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.EXPIRED));
        List<LossReason> later = losses(old);
        eventually().untilAsserted(() -> assertThat(later).containsExactly(LossReason.EXPIRED));
        assertThat(now.isValid()).isTrue();
        assertThat(writtenByB.get("")).get().extracting("value").isEqualTo("b");
        assertThat(lost).hasSize(1);
    }

    private static boolean write(SyncMap<String> map, LockGrant grant, String text) {
        CommitOutcome<String> outcome = map.commit(
                commit -> commit.fence(grant.name(), grant.token().version()).put("", text));
        return outcome.isCommitted();
    }

    @Test
    @DisplayName("L10: a lock is renewed for as long as it is held, and waiters are, too")
    void renewal() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockOptions shortLease = LockOptions.defaults().withLease(Duration.ofMillis(1_500));
        LockGrant grant = held(a.locks().tryLock("x", LONG, shortLease));
        CompletableFuture<Optional<LockGrant>> waiting = b.locks().tryLockAsync("x", LONG, shortLease);
        eventually().until(() -> queue(a, "x") == 2);
        String place = lastPlace(a, "x");
        for (int i = 0; i < 4; i++) {
            awaitRenewal(grant::remaining);
            nodes.advance(Duration.ofMillis(600));
        }
        awaitRenewal(grant::remaining);
        assertThat(lastPlace(a, "x")).as("the place of who waits").isEqualTo(place);
        assertThat(grant.isValid()).isTrue();
        assertThat(waiting).isNotDone();
        grant.close();
        assertThat(granted(waiting).release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L10: what was given back is not renewed")
    void noRenewalAfterRelease() {
        Node a = new Node(nodes);
        LockGrant grant = held(a.locks().tryLock("x", LONG, options()));
        grant.close();
        assertThat(queue(a, "x")).isZero();
        List<LossReason> lost = losses(grant);
        a.wakeAfter(LEASE.multipliedBy(2));
        try (LockGrant other = take(a, "x")) {
            assertThat(other.isValid()).isTrue();
        }
        assertThat(lost).isEmpty();
    }

    @Test
    @DisplayName("L11: a store that is away for less than the lease costs nothing")
    void shortOutage() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        LockGrant grant =
                held(a.locks().tryLock("x", LONG, LockOptions.defaults().withLease(Duration.ofSeconds(3))));
        List<LossReason> lost = losses(grant);
        a.cut();
        eventually().until(() -> grant.remaining().toMillis() < 1_500);
        a.heal();
        eventually().until(() -> grant.remaining().toMillis() > 2_000);
        assertThat(grant.isValid()).isTrue();
        assertThat(lost).isEmpty();
    }

    @Test
    @DisplayName("L11: a store that is away for longer than the lease: lost once, and not made again")
    void longOutage() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        LockGrant grant =
                held(a.locks().tryLock("x", LONG, LockOptions.defaults().withLease(Duration.ofMillis(500))));
        List<LossReason> lost = losses(grant);
        a.cut();
        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.EXPIRED));
        assertThat(grant.isValid()).isFalse();
        a.heal();
        Node b = new Node(nodes);
        LockGrant other = take(b, "x");
        assertThat(other.token()).isGreaterThan(grant.token());
        assertThat(grant.isValid()).isFalse();
        assertThat(grant.release()).isEqualTo(Release.ALREADY_LOST);
        assertThat(other.isValid()).isTrue();
        assertThat(lost).hasSize(1);
    }

    @Test
    @DisplayName("L11: what the store has lost is lost, and told once")
    void lostByTheStore() {
        Node a = new Node(nodes);
        LockGrant grant =
                held(a.locks().tryLock("x", LONG, LockOptions.defaults().withLease(Duration.ofSeconds(3))));
        List<LossReason> lost = losses(grant);
        clear(a, "x");
        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.GONE));
        assertThat(grant.isValid()).isFalse();
        assertThat(queue(a, "x")).isZero();
    }

    @Test
    @DisplayName("L11: a waiter whose place is lost joins the queue again")
    void placeIsLost() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockOptions shortLease = LockOptions.defaults().withLease(Duration.ofMillis(300));
        LockGrant grant = take(a, "x");
        CompletableFuture<Optional<LockGrant>> waiting = b.locks().tryLockAsync("x", LONG, shortLease);
        eventually().until(() -> queue(a, "x") == 2);
        stored(a, "x").remove(lastPlace(a, "x"));
        eventually().until(() -> queue(a, "x") == 2);
        grant.close();
        assertThat(granted(waiting).release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L12: who holds it for longer than the maximum loses it")
    void maximumHold() {
        Node a = new Node(nodes);
        LockGrant grant = held(a.locks().tryLock("x", LONG, options().withMaximumHold(Duration.ofSeconds(1))));
        List<LossReason> lost = losses(grant);
        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.MAXIMUM_HOLD));
        assertThat(grant.isValid()).isFalse();
        assertThat(grant.release()).isEqualTo(Release.ALREADY_LOST);
        assertThat(take(a, "x").release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L13: locks that are closed give back what is held, and who waits fails")
    void closing() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockGrant grant = take(a, "x");
        LockGrant other = take(b, "y");
        CompletableFuture<Optional<LockGrant>> waiting = ask(a, "y");
        eventually().until(() -> queue(b, "y") == 2);
        a.locks().close();
        assertThat(waiting)
                .failsWithin(BOUND)
                .withThrowableThat()
                .withCauseInstanceOf(SyncException.class) // what the store has may not have been told here yet
                .withMessageContaining("closed");
        assertThat(grant.isValid()).isFalse();
        assertThat(queue(b, "y")).isEqualTo(1);
        assertThat(takeSoon(b, "x").release()).isEqualTo(Release.RELEASED);
        assertThat(other.isValid()).isTrue();
        assertThatThrownBy(() -> a.locks().tryLock("z", Duration.ZERO))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("closed");
    }

    @Test
    @DisplayName("L14: a store that is away is told within the wait and little more")
    void storeIsAway() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        take(a, "before").close();
        a.cut();
        long begin = System.nanoTime();
        assertThatThrownBy(() -> a.locks().tryLock("x", Duration.ofMillis(200), options()))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("'x'");
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("the service itself would try for five seconds")
                .isLessThan(Duration.ofSeconds(3));
        a.heal();
        eventually().until(() -> queue(a, "x") == 0);
    }

    @Test
    @DisplayName("L15: what cannot be is refused before anything is asked")
    void badArguments() {
        Node a = new Node(nodes);
        assertThatThrownBy(() -> a.locks().tryLock("", Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> a.locks().tryLock("no spaces", Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no spaces");
        assertThatThrownBy(() -> a.locks().tryLock("x", Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-0.001S");
        for (Duration lease : List.of(Duration.ZERO, Duration.ofMillis(99), Duration.ofDays(366))) {
            assertThatThrownBy(() -> LockOptions.defaults().withLease(lease))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(lease.toString());
        }
        assertThatThrownBy(() -> LockOptions.defaults().withMaximumHold(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SyncLocks.builder(a.service()).owner("x".repeat(1_001)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1001")
                .hasMessageContaining("1000");
        assertThatThrownBy(() -> FencingToken.parse("1-2")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("L15: an action that was not begun, and one that throws")
    void scoped() {
        Node a = new Node(nodes);
        IllegalStateException thrown = new IllegalStateException("by the action");
        assertThatThrownBy(() -> a.locks().withLock("x", LONG, grant -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        try (LockGrant grant = take(a, "x")) {
            assertThat(grant.name()).isEqualTo("x");
            assertThatThrownBy(() -> a.locks().withLock("x", SHORT, other -> "never"))
                    .isInstanceOf(LockNotAcquiredException.class)
                    .hasMessageContaining("'x'");
        }
    }

    // --- shared locks -----------------------------------------------------------------------------------------------

    @Test
    @DisplayName("L16: those who share a lock hold it together, and an exclusive holder is alone")
    void sharedAndExclusive() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockOptions shared = options().shared();
        List<LockGrant> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            readers.add(held((i % 2 == 0 ? a : b).locks().tryLock("x", LONG, shared)));
        }
        assertThat(tryNow(b, "x")).isEmpty();
        assertThat(readers).allMatch(LockGrant::isValid);
        assertThat(readers.stream().map(LockGrant::token)).isSorted().doesNotHaveDuplicates();
        readers.forEach(LockGrant::close);
        try (LockGrant writer = takeSoon(b, "x")) {
            assertThat(a.locks().tryLock("x", SHORT, shared)).isEmpty();
            assertThat(writer.isValid()).isTrue();
        }
        assertThat(held(a.locks().tryLock("x", LONG, shared)).release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("L16: nobody overtakes an exclusive claim that waits, and all who share behind it get in together")
    void sharedBehindExclusive() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        LockOptions shared = options().shared();
        List<LockGrant> readers = new ArrayList<>();
        for (int i = 0; i < 40; i++) { // more than are looked at at once
            readers.add(held(a.locks().tryLock("x", LONG, shared)));
        }
        CompletableFuture<Optional<LockGrant>> writer = ask(b, "x");
        eventually().until(() -> queue(a, "x") == 41);
        List<CompletableFuture<Optional<LockGrant>>> behind = new ArrayList<>();
        for (Node node : List.of(a, b, a, b)) {
            behind.add(node.locks().tryLockAsync("x", LONG, shared));
            int waiting = 41 + behind.size();
            eventually().until(() -> queue(a, "x") == waiting);
        }
        Collections.shuffle(readers, new Random(5));
        LockGrant last = readers.remove(0);
        readers.forEach(LockGrant::close);
        eventually().until(() -> queue(a, "x") == 6);
        assertThat(writer).isNotDone();
        assertThat(behind).noneMatch(CompletableFuture::isDone);
        last.close();
        LockGrant written = granted(writer);
        assertThat(behind).noneMatch(CompletableFuture::isDone);
        assertThat(written.release()).isEqualTo(Release.RELEASED);
        behind.forEach(reader -> assertThat(reader).succeedsWithin(BOUND));
        behind.forEach(
                reader -> assertThat(reader.join().orElseThrow().isValid()).isTrue());
        behind.forEach(reader -> reader.join().orElseThrow().close());
        eventually().until(() -> queue(a, "x") == 0);
    }

    // --- the store --------------------------------------------------------------------------------------------------

    private SyncMap<Contender> stored(Node by, String lock) {
        return by.service()
                .map(Topic.of("lock:" + nodes.unique(lock), Contender.class).withIdleExpiry(Duration.ofHours(1)));
    }

    private String lastPlace(Node by, String lock) {
        return stored(by, lock)
                .read(Selection.last(Claim.QUEUE, 1))
                .entries()
                .get(0)
                .key();
    }

    private int queue(Node by, String lock) {
        return stored(by, lock)
                .read(Selection.first(Claim.QUEUE, 1_000))
                .entries()
                .size();
    }

    private void clear(Node by, String lock) {
        SyncMap<Contender> stored = stored(by, lock);
        stored.read(Selection.first(Claim.QUEUE, 1_000)).entries().forEach(entry -> stored.remove(entry.key()));
    }
}
