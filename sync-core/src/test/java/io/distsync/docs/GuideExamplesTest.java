package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.CasResult;
import io.distsync.CommitOutcome;
import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.FeedStatus;
import io.distsync.LeaseOptions;
import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.MapListener;
import io.distsync.MapPage;
import io.distsync.MapReplica;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.SyncTopic;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.codec.JacksonCodec;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The code of the guide. {@link DocumentationTest} checks that it stands here as it stands there. */
class GuideExamplesTest {

    private final SyncService service = SyncService.local();
    private final List<Object> shown = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        service.close();
    }

    @SyncTopic("app_state")
    record AppState(long counter, String note) {

        AppState() {
            this(0, "");
        }

        AppState plus(long by) {
            return new AppState(counter + by, note);
        }
    }

    record Room(List<String> members) {

        Room {
            members = List.copyOf(members);
        }

        Room join(String member) {
            List<String> more = new ArrayList<>(members);
            more.add(member);
            return new Room(more);
        }
    }

    static final Topic<Room> ROOM = Topic.of("room", Room.class).withInitial(() -> new Room(List.of()));

    @Test
    void topics() {
        Versioned<Room> joined = service.optimisticUpdate(ROOM.withName("room:42"), room -> room.join("ada"));

        assertThat(joined.value().members()).containsExactly("ada");
    }

    @Test
    void updates() {
        Versioned<AppState> updated = service.optimisticUpdate(AppState.class, state -> state.plus(1));
        Optional<Versioned<AppState>> stored = service.fetchLatest(AppState.class);
        boolean deleted = service.delete(AppState.class);

        assertThat(stored).contains(updated);
        assertThat(deleted).isTrue();
    }

    @Test
    void compareAndSet() {
        Versioned<AppState> seen = service.send(AppState.class, new AppState(1, "seen"));

        CasResult<AppState> result =
                service.compareAndSet(AppState.class, seen.version(), new AppState(2, "decided elsewhere"));
        if (!result.isCommitted()) {
            show(result.current()); // what stood in the way; may be absent
        }

        assertThat(result.isCommitted()).isTrue();
        assertThat(result.current().value().counter()).isEqualTo(2);
    }

    @Test
    void handles() {
        try (DistributedSync<AppState> state = service.sync(AppState.class)) {
            AppState now = state.get();
            FeedStatus status = state.status();
            if (status instanceof FeedStatus.Stale stale) {
                show(now + ", as it was before " + stale.since());
            }
        }

        assertThat(shown).isEmpty();
    }

    @Test
    void changed() throws InterruptedException {
        try (DistributedSync<AppState> state = service.sync(AppState.class)) {
            service.optimisticUpdate(AppState.class, before -> before.plus(1));

            if (state.changed(Duration.ofSeconds(30))) {
                show(state.versioned());
            }
        }

        assertThat(shown).hasSize(1);
    }

    @Test
    void listeners() {
        DistributedSync<AppState> state = service.sync(AppState.class);
        Subscription every = state.onChange(change -> show(change));
        Subscription latest = state.onChange(Delivery.LATEST, change -> show(change));
        every.close();
        latest.close();

        Subscription full = state.onChange(Delivery.EVERY, new Audit());
        service.optimisticUpdate(AppState.class, before -> before.plus(1));

        await().atMost(Duration.ofSeconds(20)).until(() -> !shown.isEmpty());
        full.close();
    }

    final class Audit implements SyncListenerCallbacks<AppState> {

        @Override
        public void onChange(Versioned<AppState> state) {
            show(state.present() ? state.value() : "deleted");
        }

        @Override
        public void onReset(Version from, Version to, Versioned<AppState> current) {
            show("changes between " + from + " and " + to + " were skipped");
            onChange(current);
        }

        @Override
        public void onError(Throwable error) {
            show(error);
        }

        @Override
        public String name() {
            return "audit";
        }
    }

    @Test
    void publisher() {
        DistributedSync<AppState> state = service.sync(AppState.class);
        service.optimisticUpdate(AppState.class, before -> before.plus(1));

        Flow.Publisher<Versioned<AppState>> changes = state.publisher();
        changes.subscribe(new OneByOne());

        await().atMost(Duration.ofSeconds(20)).until(() -> !shown.isEmpty());
    }

    private final class OneByOne implements Flow.Subscriber<Versioned<AppState>> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(1);
        }

        @Override
        public void onNext(Versioned<AppState> state) {
            show(state);
        }

        @Override
        public void onError(Throwable error) {
            show(error);
        }

        @Override
        public void onComplete() {}
    }

    @Test
    void maps() {
        SyncMap<Long> accounts = service.map(Topic.of("accounts", Long.class));
        accounts.put("alice", 100L);
        accounts.put("bob", 0L);
        accounts.update("bob", balance -> balance + 5);

        CommitOutcome<Long> transfer = accounts.commit(commit -> commit.expectExists("alice")
                .expectExists("bob")
                .add("alice", -10)
                .add("bob", 10));

        assertThat(transfer.isCommitted()).isTrue();
        assertThat(accounts.get("bob").orElseThrow().value()).isEqualTo(15L);
    }

    @Test
    void sequentialKeys() {
        SyncMap<String> queue = service.map(Topic.of("queue", String.class));

        LeaseOptions lease = LeaseOptions.lease("contender-1", Duration.ofSeconds(10));
        CommitOutcome<String> entered = queue.commit(
                commit -> commit.putSequential("waiting/", "me", lease).select(Selection.first("waiting/", 1)));
        if (entered instanceof CommitOutcome.Committed<String> committed) {
            String mine = committed.written().get(0).key();
            boolean first = committed.selected().entries().get(0).key().equals(mine);
            show(mine + (first ? " is first" : " waits"));
        }

        assertThat(shown).hasSize(1).first().asString().endsWith("is first");
    }

    @Test
    void fences() {
        SyncMap<String> documents = service.map(Topic.of("documents", String.class));
        Version token = documents.put("report", "v1").version();

        CommitOutcome<String> written =
                documents.commit(commit -> commit.fence("lock:report", token).put("report", "v2"));

        assertThat(written.isCommitted()).isTrue();
    }

    @Test
    void leases() {
        SyncMap<String> instances = service.map(Topic.of("instances", String.class));

        instances.put("node-1", "10.0.0.1:8080", LeaseOptions.lease("node-1#1", Duration.ofSeconds(10)));
        List<Lease> gone = instances.keepAlive(List.of(new Lease("instances", "node-1", "node-1#1")));
        if (!gone.isEmpty()) {
            instances.put("node-1", "10.0.0.1:8080", LeaseOptions.lease("node-1#2", Duration.ofSeconds(10)));
        }

        assertThat(gone).isEmpty();
    }

    @Test
    void pages() {
        SyncMap<String> instances = service.map(Topic.of("instances", String.class));
        instances.put("eu/1", "10.0.0.1:8080");
        instances.put("us/1", "10.1.0.1:8080");

        MapPage<String> page = instances.read(Selection.first("eu/", 100));
        for (MapEntry<String> entry : page.entries()) {
            show(entry.key() + " = " + entry.value());
        }

        assertThat(shown).containsExactly("eu/1 = 10.0.0.1:8080");
    }

    @Test
    void followingAMap() {
        SyncMap<String> orders = service.map(Topic.of("orders", String.class));
        orders.put("1", "ordered");
        Version checkpoint = orders.put("1", "paid").version();
        orders.put("1", "shipped");

        Subscription following = orders.follow(Scope.log(), checkpoint, new MapListener<String>() {
            @Override
            public void onChanges(List<MapChange<String>> changes) {
                changes.forEach(
                        change -> show(change.key() + " " + change.versioned().value()));
            }

            @Override
            public void onReset(Version from, Version to) {
                show("the log goes on after " + to);
            }
        });

        await().atMost(Duration.ofSeconds(20)).until(() -> shown.contains("1 shipped"));
        following.close();
        assertThat(shown).containsExactly("1 shipped");
    }

    @Test
    void replicas() {
        SyncMap<String> instances = service.map(Topic.of("instances", String.class));
        instances.put("node-1", "10.0.0.1:8080");

        try (MapReplica<String> replica = instances.replica()) {
            Optional<Versioned<String>> known = replica.get("node-1");
            known.ifPresent(instance -> show(instance.value()));
            show(replica.entries().size() + " entries at " + replica.version());
        }

        assertThat(shown).hasSize(2);
    }

    @Test
    void errors() {
        try {
            service.optimisticUpdate(AppState.class, state -> state.plus(1));
        } catch (NotAppliedException e) {
            show("certainly not applied, safe to call again: " + e.getMessage());
        } catch (OutcomeUnknownException e) {
            show("applied once, or not at all: " + e.getMessage());
        }

        assertThat(shown).isEmpty();
    }

    @Test
    void asynchronous() {
        CompletableFuture<Versioned<AppState>> future =
                service.optimisticUpdateAsync(AppState.class, state -> state.plus(1));

        assertThat(future.join().value().counter()).isEqualTo(1);
    }

    @Test
    void settings() {
        JsonMapper mapper = JsonMapper.builder().build();

        LocalSyncBackend backend =
                LocalSyncBackend.builder().sweep(Duration.ofMillis(200)).build();
        SyncService configured = SyncService.builder(backend)
                .name("orders")
                .codec(JacksonCodec.using(mapper))
                .timeout(Duration.ofSeconds(2))
                .maxConflicts(100)
                .listenerBuffer(4_096)
                .build();

        assertThat(configured.status().backend().name()).isEqualTo("local");
        configured.close();
        backend.close();
    }

    @Test
    void keeping() {
        Topic<AppState> conflated = Topic.of(AppState.class).withConflation();
        Topic<String> kept = Topic.of("orders", String.class).withRetention(Retention.age(Duration.ofHours(1)));
        Topic<String> large = Topic.of("documents", String.class).withKeysOnlyLog();
        Topic<Room> passing = ROOM.withName("room:42").withIdleExpiry(Duration.ofMinutes(30));

        assertThat(conflated.conflated()).isTrue();
        assertThat(kept.options().retention().ageMillis()).isEqualTo(3_600_000);
        assertThat(large.options().logPayloads()).isFalse();
        assertThat(passing.options().idleMillis()).isEqualTo(1_800_000);
        assertThatThrownBy(() -> service.map(large).replica()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void twoNodesSeeTheSameState() {
        try (LocalSyncBackend store = LocalSyncBackend.create();
                SyncService one = SyncService.using(store);
                SyncService other = SyncService.using(store);
                DistributedSync<AppState> view = other.sync(AppState.class)) {
            one.optimisticUpdate(AppState.class, state -> state.plus(1));

            assertThat(view.get().counter()).isEqualTo(1);
        }
    }

    private void show(Object what) {
        shown.add(what);
    }
}
