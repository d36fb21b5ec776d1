package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.FeedStatus;
import io.distsync.MapChange;
import io.distsync.RecipeConformance;
import io.distsync.RecipeNodes;
import io.distsync.ServiceFixture.Capability;
import io.distsync.SyncMap;
import io.distsync.Topic;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.error.NotAppliedException;
import io.distsync.version.Version;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@link SyncRegistry} promises, on every backend. */
public abstract class RegistryConformance extends RecipeConformance {

    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final RegistrationOptions OPTIONS =
            RegistrationOptions.defaults().withLease(LEASE);
    private static final RegistrationOptions LONG_LEASE =
            RegistrationOptions.defaults().withLease(Duration.ofSeconds(30));

    private final List<Subscription> recordings = new ArrayList<>();
    /** Loses all that the store has, this topic included, as a restart without its data would. */
    protected void loseEverything(String topic) {
        assumeTrue(false, "not played here: the store is in the memory of the nodes, and ends with them");
    }

    @AfterEach
    void closeRecordings() {
        recordings.forEach(Subscription::close);
    }

    private static final class Node extends RecipeNodes.Node {

        private final PausableScheduler scheduler = new PausableScheduler();
        private final SyncRegistry registry;

        Node(RecipeNodes nodes) {
            super(nodes);
            registry = SyncRegistry.builder(service())
                    .prefix("registry:" + nodes.unique(""))
                    .defaults(LONG_LEASE)
                    .time(time())
                    .scheduler(scheduler)
                    .build();
        }

        SyncRegistry registry() {
            return registry;
        }

        Registration register(ServiceInstance instance) {
            return registry.register(instance, OPTIONS);
        }

        /** The current view. */
        ServiceView view(String service) {
            ServiceView view = registry.instances(service);
            assertThat(view.whenCurrent()).succeedsWithin(BOUND).isSameAs(view);
            return view;
        }

        /** The process stands still: no heartbeats. */
        void pause() {
            scheduler.pause();
        }

        /** It goes on, and finds that so much time has passed. */
        void resumeAfter(Duration pause) {
            wakeAfter(pause);
            scheduler.resume();
        }

        @Override
        protected void closeRecipe() {
            scheduler.resume();
            registry.close();
            scheduler.close();
        }
    }

    private static ServiceInstance instance(String id) {
        return ServiceInstance.of("orders", "10.0.0.1", 8080).withId(id);
    }

    private static void awaitIds(ServiceView view, String... ids) {
        eventually().untilAsserted(() -> assertThat(ids(view)).containsExactly(ids));
    }

    private static List<String> ids(ServiceView view) {
        return view.all().stream().map(ServiceInstance::id).toList();
    }

    private static void awaitStatus(Registration registration, RegistrationStatus status) {
        eventually().untilAsserted(() -> assertThat(registration.status()).isEqualTo(status));
    }

    // --- being listed -----------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R1: an instance is listed on every node with all it says, and goes when it is closed")
    void listed() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        ServiceView onB = b.view("orders");
        assertThat(onB.all()).isEmpty();
        ServiceInstance said = instance("one")
                .withSecure(true)
                .withWeight(7)
                .withPool("blue")
                .withZone("eu-1")
                .withMetadata(Map.of("version", "2"));

        Registration registration = a.registry().register(said);

        assertThat(registration.status()).isEqualTo(RegistrationStatus.REGISTERED);
        awaitIds(onB, "one");
        assertThat(onB.all()).containsExactly(said);
        assertThat(a.view("orders").all()).containsExactly(said);
        assertThat(b.registry().fetch("orders").all()).containsExactly(said);

        registration.close();

        assertThat(registration.status()).isEqualTo(RegistrationStatus.CLOSED);
        assertThat(b.registry().fetch("orders").all()).isEmpty();
        awaitIds(onB);
        registration.close();
    }

    @Test
    @DisplayName("R1: an instance that crashed goes when its lease is over")
    void crash() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        ServiceView onB = b.view("orders");
        a.registry().register(instance("crashed"));
        b.registry().register(instance("alive"), RegistrationOptions.defaults().withLease(Duration.ofMinutes(5)));
        awaitIds(onB, "alive", "crashed");
        a.pause();
        nodes.advance(Duration.ofSeconds(20));
        assertThat(ids(onB)).containsExactly("alive", "crashed");
        nodes.advance(Duration.ofSeconds(11));
        awaitIds(onB, "alive");
    }

    @Test
    @DisplayName("R2: an id that is registered twice by one process is listed once, as the newer registration says")
    void twiceByOneProcess() {
        Node a = new Node(nodes);
        Recording log = record(a);
        Registration first = a.register(instance("one").withWeight(1));
        Registration second = a.register(instance("one").withWeight(2));
        awaitStatus(first, RegistrationStatus.REPLACED);
        first.close();
        awaitRenewal(second::remaining);
        assertThat(second.status()).isEqualTo(RegistrationStatus.REGISTERED);
        assertThat(first.status()).isEqualTo(RegistrationStatus.REPLACED);
        assertThat(a.registry().fetch("orders").all()).containsExactly(second.instance());
        assertThat(log.causes()).containsExactly(Cause.WRITE, Cause.WRITE);
    }

    @Test
    @DisplayName(
            "R2: an id that another process registers is the newer one's, and the older one is told and stays away")
    void twiceByTwoProcesses() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Recording log = record(b);
        Registration older = a.register(instance("one").withWeight(1));
        List<RegistrationStatus> told = new CopyOnWriteArrayList<>();
        older.onStatus(told::add);
        Registration newer = b.register(instance("one").withWeight(2));
        eventually().untilAsserted(() -> assertThat(told).endsWith(RegistrationStatus.REPLACED));
        assertThat(older.update(instance -> instance.withWeight(9))).isEqualTo(RegistrationStatus.REPLACED);
        older.close();
        awaitRenewal(newer::remaining);
        assertThat(newer.status()).isEqualTo(RegistrationStatus.REGISTERED);
        assertThat(a.registry().fetch("orders").all()).containsExactly(newer.instance());
        assertThat(log.causes()).containsExactly(Cause.WRITE, Cause.WRITE);
        assertThat(told).containsOnlyOnce(RegistrationStatus.REPLACED);
    }

    @Test
    @DisplayName("R2: an update that meets a newer registration changes nothing")
    void updateOfTheOlderOne() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Registration older = a.registry().register(instance("one").withWeight(1));
        Registration newer = b.registry().register(instance("one").withWeight(2));
        assertThat(older.update(instance -> instance.withWeight(9))).isEqualTo(RegistrationStatus.REPLACED);
        assertThat(a.registry().fetch("orders").all()).containsExactly(newer.instance());
    }

    // --- heartbeats -------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R3: heartbeats keep an instance listed and tell nobody anything")
    void heartbeats() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Recording log = record(b);
        ServiceView onB = b.view("orders");
        Registration registration = a.register(instance("one"));
        awaitIds(onB, "one");
        ServiceSnapshot before = onB.snapshot();
        for (int i = 0; i < 4; i++) {
            awaitRenewal(registration::remaining);
            nodes.advance(Duration.ofMillis(1_200));
        }
        assertThat(onB.snapshot()).isSameAs(before);
        assertThat(log.causes()).containsExactly(Cause.WRITE);
    }

    @Test
    @DisplayName("R3: heartbeats that pause for longer than the lease and go on register once more")
    void pausedHeartbeats() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Recording log = record(b);
        ServiceView onB = b.view("orders");
        Registration registration = a.register(instance("one"));
        awaitIds(onB, "one");
        a.pause();
        nodes.advance(LEASE);
        awaitIds(onB);
        a.resumeAfter(LEASE);
        awaitIds(onB, "one");
        awaitStatus(registration, RegistrationStatus.REGISTERED);
        assertThat(log.causes()).containsExactly(Cause.WRITE, Cause.EXPIRED, Cause.WRITE);
    }

    // --- what an instance says
    // ----------------------------------------------------------------------------------------

    @Test
    @DisplayName("R4: an instance that drains is listed and not available")
    void draining() {
        Node a = new Node(nodes);
        ServiceView view = a.view("orders");
        Registration registration = a.registry().register(instance("one"));
        eventually().untilAsserted(() -> assertThat(view.available()).hasSize(1));
        assertThat(registration.drain()).isEqualTo(RegistrationStatus.REGISTERED);
        eventually().untilAsserted(() -> assertThat(view.available()).isEmpty());
        assertThat(view.find("one")).get().extracting("status").isEqualTo(InstanceStatus.DRAINING);
        registration.close();
        awaitIds(view);
    }

    @Test
    @DisplayName("R4: an update is told, and one that changes nothing is not")
    void update() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Recording log = record(b);
        ServiceView onB = b.view("orders");
        Registration registration = a.registry().register(instance("one"));
        assertThat(registration.update(instance -> instance.withWeight(5).withMetadata(Map.of("k", "v"))))
                .isEqualTo(RegistrationStatus.REGISTERED);
        assertThat(registration.update(instance -> instance.withWeight(5))).isEqualTo(RegistrationStatus.REGISTERED);
        eventually().untilAsserted(() -> assertThat(onB.all()).containsExactly(registration.instance()));
        assertThat(registration.instance().weight()).isEqualTo(5);
        assertThat(registration.instance().metadata()).containsEntry("k", "v");
        assertThat(log.causes()).containsExactly(Cause.WRITE, Cause.WRITE);
    }

    @Test
    @DisplayName("R4: updates of many threads are all in the end, and the last one is told")
    void concurrentUpdates() {
        Node a = new Node(nodes);
        Registration registration = a.registry().register(instance("one").withWeight(0));
        List<CompletableFuture<RegistrationStatus>> all = IntStream.range(0, 200)
                .parallel()
                .mapToObj(i -> registration.updateAsync(instance -> instance.withWeight(instance.weight() + 1)))
                .toList();
        all.forEach(each -> assertThat(each).succeedsWithin(BOUND).isEqualTo(RegistrationStatus.REGISTERED));
        assertThat(registration.instance().weight()).isEqualTo(200);
        assertThat(a.registry().fetch("orders").all()).containsExactly(registration.instance());
    }

    // --- lost entries -----------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R5: an instance whose entry was deleted in the store is registered again")
    void deletedInTheStore() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        ServiceView onB = b.view("orders");
        Registration registration = a.register(instance("one"));
        awaitIds(onB, "one");
        List<RegistrationStatus> told = new CopyOnWriteArrayList<>();
        registration.onStatus(told::add);
        Recording log = record(b);
        stored(b).remove("one");
        eventually().untilAsserted(() -> assertThat(log.causes()).endsWith(Cause.DELETE, Cause.WRITE));
        awaitIds(onB, "one");
        eventually().untilAsserted(() -> assertThat(told).endsWith(RegistrationStatus.REGISTERED));
    }

    @Test
    @DisplayName("R5: when the store was restarted empty, all instances register again, and no list is empty meanwhile")
    void storeRestartedEmpty() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Node c = new Node(nodes);
        List<Registration> alive = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            alive.add((i % 2 == 0 ? a : b).register(instance("i" + i)));
        }
        c.register(instance("dead"));
        ServiceView onB = b.view("orders");
        eventually().untilAsserted(() -> assertThat(onB.all()).hasSize(11));
        AtomicInteger fewest = new AtomicInteger(Integer.MAX_VALUE);
        onB.onChange((before, after) -> fewest.accumulateAndGet(after.all().size(), Math::min));
        c.pause();

        loseEverything(topic().name());

        eventually().untilAsserted(() -> assertThat(onB.all()).hasSize(10));
        assertThat(onB.find("dead")).isEmpty();
        alive.forEach(each -> awaitStatus(each, RegistrationStatus.REGISTERED));
        assertThat(b.registry().fetch("orders").all()).hasSize(10);
        eventually().untilAsserted(() -> assertThat(onB.status().isCurrent()).isTrue());
        eventually().untilAsserted(() -> assertThat(fewest).hasValue(10));
    }

    // --- lookups ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R6: lookups with no instance, one, none that is up, and one without weight")
    void available() {
        Node a = new Node(nodes);
        ServiceView view = a.view("orders");
        assertThat(view.all()).isEmpty();
        assertThat(view.available()).isEmpty();
        assertThat(view.find("one")).isEmpty();
        assertThat(view.status().isCurrent()).isTrue();

        Registration one = a.registry().register(instance("one"));
        Registration two = a.registry().register(instance("two").withWeight(0));
        awaitIds(view, "one", "two");
        assertThat(view.available()).containsExactly(one.instance());
        assertThat(view.find("two")).contains(two.instance());

        one.update(instance -> instance.withStatus(InstanceStatus.DOWN));
        eventually().untilAsserted(() -> assertThat(view.available()).isEmpty());
        assertThat(ids(view)).containsExactly("one", "two");
        two.update(instance -> instance.withWeight(1));
        eventually().untilAsserted(() -> assertThat(view.available()).containsExactly(two.instance()));
    }

    @Test
    @DisplayName("R7: lookups by pool, zone and metadata, of many services at once, and from the store")
    void lookups() {
        Node a = new Node(nodes);
        ServiceInstance blue = instance("b").withPool("blue").withZone("eu-1").withMetadata(Map.of("version", "2"));
        ServiceInstance green = instance("g").withPool("green").withZone("eu-1").withMetadata(Map.of("version", "1"));
        ServiceInstance other = ServiceInstance.of("users", "10.0.0.2", 80).withId("u");
        List.of(blue, green, other).forEach(each -> a.registry().register(each));
        ServiceView view = a.view("orders");
        awaitIds(view, "b", "g");
        awaitIds(a.view("users"), "u");

        assertThat(view.matching(InstanceFilters.pool("blue"))).containsExactly(blue);
        assertThat(view.matching(InstanceFilters.zone("eu-1"))).containsExactly(blue, green);
        assertThat(view.matching(InstanceFilters.metadata("version", "1").and(InstanceFilters.available())))
                .containsExactly(green);
        assertThat(view.matching(InstanceFilters.metadata("none", "1"))).isEmpty();
        Map<String, ServiceSnapshot> both = a.registry().instances(List.of("orders", "users"));
        assertThat(both.get("orders")).isSameAs(view.snapshot());
        assertThat(both.get("users")).isSameAs(a.view("users").snapshot());
        assertThat(view.snapshot().all()).containsExactly(blue, green);
        assertThat(a.view("users").all()).containsExactly(other);
        assertThat(a.registry().fetch("users").find("u")).contains(other);
        assertThat(a.registry().fetch("nobody").all()).isEmpty();
    }

    @Test
    @DisplayName("R7: a service with more instances than fit a page is read as a whole")
    void manyInstances() {
        Node a = new Node(nodes);
        SyncMap<Stored> stored = stored(a);
        int count = 2_300;
        for (int i = 0; i < count; i += 100) {
            int from = i;
            stored.commit(commit -> IntStream.range(from, from + 100)
                    .mapToObj(number -> instance(String.format("i%04d", number)))
                    .forEach(each -> commit.put(each.id(), new Stored("r", 1_000, each))));
        }
        ServiceView view = a.view("orders");
        eventually().untilAsserted(() -> assertThat(view.all()).hasSize(count));
        assertThat(a.registry().fetch("orders").all()).isEqualTo(view.all());
        assertThat(view.find("i1234")).isPresent();
        assertThat(view.find("i9999")).isEmpty();
    }

    @Test
    @DisplayName("R8: who watches is told each time what was before and what is now, until the subscription is closed")
    void watch() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Registration one = a.registry().register(instance("one"));
        ServiceView onB = b.view("orders");
        awaitIds(onB, "one");
        List<ServiceSnapshot> told = new CopyOnWriteArrayList<>();
        AtomicReference<ServiceSnapshot> last = new AtomicReference<>();
        AtomicBoolean gap = new AtomicBoolean();
        Subscription watching = onB.onChange((before, after) -> {
            ServiceSnapshot known = last.getAndSet(after);
            gap.compareAndSet(false, (known != null && known != before) || before == after);
            told.add(after);
        });
        onB.onChange((before, after) -> {
            throw new IllegalStateException("by a listener");
        });
        eventually().untilAsserted(() -> assertThat(told).hasSize(1));
        Registration two = a.registry().register(instance("two"));
        eventually().untilAsserted(() -> assertThat(told).hasSize(2));
        one.close();
        eventually().untilAsserted(() -> assertThat(told).hasSize(3));
        assertThat(told.stream()
                        .map(each ->
                                each.all().stream().map(ServiceInstance::id).toList()))
                .containsExactly(List.of("one"), List.of("one", "two"), List.of("two"));
        assertThat(gap).isFalse();
        assertThat(told.stream().map(ServiceSnapshot::version)).isSorted();
        watching.close();
        two.close();
        awaitIds(onB);
        assertThat(told).hasSize(3);
    }

    // --- the store is away ------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R9: while the store is away the last known list stays and is marked stale")
    void storeAway() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        a.registry().register(instance("one"));
        ServiceView onB = b.view("orders");
        awaitIds(onB, "one");
        ServiceSnapshot before = onB.snapshot();
        b.cut();
        eventually().untilAsserted(() -> assertThat(onB.status().isCurrent()).isFalse());
        assertThat(onB.snapshot()).isSameAs(before);
        a.registry().register(instance("two"));
        b.heal();
        awaitIds(onB, "one", "two");
        eventually().untilAsserted(() -> assertThat(onB.status()).isInstanceOf(FeedStatus.Current.class));
    }

    @Test
    @DisplayName("R9: instances whose leases ended while the store was away for all are listed until they are back")
    void outageLongerThanTheLease() {
        nodes.require(Capability.CONNECTION, Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Node sweeping = new Node(nodes);
        Recording log = record(sweeping);
        Registration one = a.register(instance("one"));
        ServiceView onB = b.view("orders");
        awaitIds(onB, "one");
        AtomicInteger fewest = new AtomicInteger(Integer.MAX_VALUE);
        onB.onChange((before, after) -> fewest.accumulateAndGet(after.all().size(), Math::min));
        a.cut();
        b.cut();
        nodes.advance(LEASE);
        eventually().untilAsserted(() -> assertThat(log.causes()).containsExactly(Cause.WRITE, Cause.EXPIRED));
        awaitStatus(one, RegistrationStatus.RETRYING);
        b.heal();
        a.heal();
        awaitStatus(one, RegistrationStatus.REGISTERED);
        eventually().untilAsserted(() -> assertThat(onB.status().isCurrent()).isTrue());
        assertThat(onB.all()).containsExactly(one.instance());
        eventually()
                .untilAsserted(() -> assertThat(log.causes()).containsExactly(Cause.WRITE, Cause.EXPIRED, Cause.WRITE));
        assertThat(fewest).hasValue(1);
    }

    @Test
    @DisplayName("R9: who registers while the store is away is registered when it is back")
    void registeredWhileTheStoreIsAway() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        a.cut();
        ServiceView onA = a.registry().instances("orders");
        assertThat(onA.status().isCurrent()).isFalse();
        CompletableFuture<ServiceView> current = onA.whenCurrent();
        Registration one = a.registry().register(instance("one"));
        assertThat(one.status()).isEqualTo(RegistrationStatus.RETRYING);
        assertThat(one.update(instance -> instance.withWeight(3))).isEqualTo(RegistrationStatus.RETRYING);
        assertThat(current).isNotDone();
        a.heal();
        awaitStatus(one, RegistrationStatus.REGISTERED);
        assertThat(current).succeedsWithin(BOUND);
        assertThat(b.registry().fetch("orders").all()).containsExactly(one.instance());
        assertThat(one.instance().weight()).isEqualTo(3);
    }

    // --- health checks ----------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R10: health checks turn an instance down and up, by their thresholds, and tell only when it turns")
    void healthChecks() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Recording log = record(b);
        ServiceView onB = b.view("orders");
        AtomicBoolean healthy = new AtomicBoolean();
        AtomicInteger checks = new AtomicInteger();
        HealthCheck check = (instance, timeout) -> {
            checks.incrementAndGet();
            if (!healthy.get()) {
                throw new IOException("not healthy");
            }
            return CompletableFuture.completedFuture(null);
        };
        Registration one = a.registry()
                .register(
                        instance("one"),
                        LONG_LEASE.withHealthCheck(
                                check,
                                HealthCheckOptions.defaults()
                                        .withInterval(Duration.ofMillis(10))
                                        .withThresholds(2, 3)));
        assertThat(one.instance().status()).isEqualTo(InstanceStatus.DOWN);
        awaitIds(onB, "one");
        assertThat(onB.available()).isEmpty();
        for (int turn = 0; turn < 2; turn++) {
            healthy.set(true);
            eventually().untilAsserted(() -> assertThat(onB.available()).hasSize(1));
            int upSince = checks.get();
            eventually().until(() -> checks.get() > upSince + 10);
            healthy.set(false);
            eventually().untilAsserted(() -> assertThat(onB.available()).isEmpty());
            int downSince = checks.get();
            eventually().until(() -> checks.get() > downSince + 10);
        }
        assertThat(log.causes()).as("one for each turn").hasSize(5).containsOnly(Cause.WRITE);
        one.drain();
        healthy.set(true);
        int drained = checks.get();
        eventually().until(() -> checks.get() > drained + 10);
        assertThat(one.instance().status()).isEqualTo(InstanceStatus.DRAINING);
        one.close();
        int closed = checks.get();
        Registration other = a.registry().register(instance("two"));
        awaitIds(onB, "two");
        other.close();
        assertThat(checks.get()).as("checks after the end").isLessThanOrEqualTo(closed + 1);
    }

    // --- the end ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("R11: a registry that is closed takes its instances off the lists, and its views stay as they were")
    void closing() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Registration one = a.registry().register(instance("one"));
        b.registry().register(instance("two"));
        ServiceView onA = a.view("orders");
        ServiceView onB = b.view("orders");
        awaitIds(onA, "one", "two");
        a.registry().close();
        assertThat(one.status()).isEqualTo(RegistrationStatus.CLOSED);
        assertThat(b.registry().fetch("orders").find("one")).isEmpty();
        awaitIds(onB, "two");
        assertThat(onA.find("two")).isPresent();
        assertThat(onA.status()).isInstanceOf(FeedStatus.Stale.class);
        assertThatThrownBy(() -> a.registry().register(instance("three")))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> a.registry().instances("new"))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("closed");
        assertThat(onA.whenCurrent()).isCompletedExceptionally();
        assertThat(one.update(instance -> instance.withWeight(2))).isEqualTo(RegistrationStatus.CLOSED);
    }

    @Test
    @DisplayName("R11: a future that is cancelled leaves nothing registered")
    void cancelled() {
        Node a = new Node(nodes);
        CompletableFuture<Registration> asked = a.registry().registerAsync(instance("one"));
        if (asked.cancel(false)) {
            eventually()
                    .untilAsserted(
                            () -> assertThat(a.registry().fetch("orders").all()).isEmpty());
        } else {
            asked.join().close();
        }
        assertThat(a.registry().registerAsync(instance("two")))
                .succeedsWithin(BOUND)
                .extracting(Registration::status)
                .isEqualTo(RegistrationStatus.REGISTERED);
        assertThat(a.registry().fetch("orders").find("two")).isPresent();
    }

    @Test
    @DisplayName("R12: what cannot be is refused before anything is asked")
    void badArguments() {
        Node a = new Node(nodes);
        SyncRegistry registry = a.registry();
        assertThatThrownBy(() -> registry.register(ServiceInstance.of("no spaces", "h", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no spaces");
        assertThatThrownBy(() -> registry.register(instance("x".repeat(1_025))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1025");
        Map<String, String> much = Map.of("k", "v".repeat(SyncRegistry.MAX_METADATA));
        assertThatThrownBy(() -> registry.register(instance("one").withMetadata(much)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65537");
        Registration one = registry.register(instance("one"));
        assertThatThrownBy(() -> one.update(instance -> instance.withMetadata(much)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65537");
        assertThatThrownBy(() -> one.update(instance -> instance.withId("two")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'two'");
        IllegalStateException thrown = new IllegalStateException("by the update");
        assertThatThrownBy(() -> one.update(instance -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        assertThat(one.instance()).isEqualTo(instance("one"));
        assertThatThrownBy(() -> registry.instances("")).isInstanceOf(IllegalArgumentException.class);
        for (Duration lease : List.of(Duration.ZERO, Duration.ofMillis(99), Duration.ofDays(366))) {
            assertThatThrownBy(() -> RegistrationOptions.defaults().withLease(lease))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(lease.toString());
        }
        assertThatThrownBy(() -> RegistrationOptions.defaults().withJitter(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-0.001S");
        assertThatThrownBy(() -> HealthCheckOptions.defaults().withThresholds(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
        assertThatThrownBy(() -> HealthCheckOptions.defaults().withInterval(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> HealthCheckOptions.defaults().withTimeout(Duration.ofDays(2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> HealthCheck.http("health")).isInstanceOf(IllegalArgumentException.class);
    }

    // --- the store --------------------------------------------------------------------------------------------------

    private Topic<Stored> topic() {
        return Topic.of("registry:" + nodes.unique("") + "orders", Stored.class);
    }

    private SyncMap<Stored> stored(Node by) {
        return by.service().map(topic());
    }

    /** What happens in the topic from now on. */
    private Recording record(Node by) {
        Recording recording = new Recording();
        recordings.add(stored(by).follow(Scope.log(), Version.ABSENT, recording));
        return recording;
    }

    private static final class Recording implements io.distsync.MapListener<Stored> {

        private final List<Cause> causes = new CopyOnWriteArrayList<>();

        @Override
        public void onChanges(List<MapChange<Stored>> changes) {
            changes.forEach(change -> causes.add(change.cause()));
        }

        List<Cause> causes() {
            return List.copyOf(causes);
        }
    }
}
