package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.Entry;
import io.distsync.backend.FeedState;
import io.distsync.backend.History;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.codec.Codec;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.core.ThrowingRunnable;

/**
 * The nodes of one test: services on a shared store, a second writer that goes past every service, and a look into the
 * store itself. Checks at the end that the store kept the rules of every log and that no thread is left.
 */
public final class Nodes implements AutoCloseable {

    /** How long a test waits for what has to happen; generous, because nothing depends on it. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int PAGE = 1_000;
    private static final Codec CODEC = Codec.json();

    private final ServiceFixture fixture;
    private final UnaryOperator<SyncBackend> watch;
    private final SyncBackend store;
    private final Map<SyncService, SyncBackend> services = new LinkedHashMap<>();
    private final List<String> topics = new ArrayList<>();
    private final List<Gate> gates = new ArrayList<>();
    private final String run = UUID.randomUUID().toString();
    private final long sender = UUID.randomUUID().getMostSignificantBits();
    private final AtomicLong requests = new AtomicLong();

    Nodes(ServiceFixture fixture) {
        this(fixture, backend -> backend);
    }

    /** Nodes whose backends somebody looks at. */
    Nodes(ServiceFixture fixture, UnaryOperator<SyncBackend> watch) {
        this.fixture = fixture;
        this.watch = watch;
        this.store = fixture.connect();
    }

    /** Skips the test, with the reason, if the backend or its fixture cannot play it. */
    void require(Capability... needed) {
        for (Capability capability : needed) {
            String reason = fixture.missing().get(capability);
            assumeTrue(reason == null, () -> "not played here: " + capability + ": " + reason);
        }
    }

    /** Starts a node. */
    SyncService open() {
        return open(builder -> builder);
    }

    /** Starts a node with settings of its own. */
    SyncService open(UnaryOperator<SyncService.Builder> settings) {
        SyncBackend backend = fixture.connect();
        SyncService.Builder builder = fixture.configure(SyncService.builder(watch.apply(backend)))
                .name("node" + services.size())
                .timeout(TIMEOUT);
        SyncService service = settings.apply(builder).build();
        services.put(service, backend);
        return service;
    }

    /** A new topic of counters that start at 0. */
    Topic<Counter> counters() {
        return uninitialised().withInitial(() -> Counter.ZERO);
    }

    /** A new topic of counters without an initial value. */
    Topic<Counter> uninitialised() {
        return Topic.of(newName(), Counter.class);
    }

    /** A topic name no other test uses. */
    String newName() {
        String name = "conformance:" + run + ":" + topics.size();
        topics.add(name);
        return name;
    }

    /** Moves the store's time. */
    void advance(Duration time) {
        require(Capability.STORE_TIME);
        fixture.advance(time);
    }

    void cut(SyncService node) {
        fixture.cut(backendOf(node));
    }

    void heal(SyncService node) {
        fixture.heal(backendOf(node));
    }

    void holdFeeds(SyncService node) {
        fixture.holdFeeds(backendOf(node));
    }

    void releaseFeeds(SyncService node) {
        fixture.releaseFeeds(backendOf(node));
    }

    /** A gate that is opened at the end of the test at the latest. */
    Gate gate() {
        Gate gate = new Gate();
        gates.add(gate);
        return gate;
    }

    /**
     * Keeps the node's pipeline for this topic busy with an update whose function waits at the gate and then changes
     * nothing; what is submitted meanwhile queues behind it.
     */
    <T> Gate occupy(SyncService node, Topic<T> topic) {
        Gate gate = gate();
        Together.start(
                "occupant",
                () -> node.optimisticUpdate(topic, state -> {
                    gate.pass();
                    return state;
                }));
        gate.awaitArrival();
        return gate;
    }

    /** Writes the state as another writer would, past every service; returns the new version. */
    <T> Version rival(Topic<T> topic, T value) {
        return rival(topic, "", value);
    }

    /** Writes an entry as another writer would, past every service; returns the new version. */
    <T> Version rival(Topic<T> topic, String key, T value) {
        return commit(topic, List.of(), Mutation.put(key, payload(topic, value)));
    }

    /** Deletes the state as another writer would; returns the head of the topic. */
    Version rivalDelete(Topic<?> topic) {
        return commit(topic, List.of(), Mutation.delete(""));
    }

    /** Writes so many counters in a row as another writer would, ending with this value. */
    void rivalBurst(Topic<Counter> topic, int writes, long lastValue) {
        for (int written = 0; written < writes; ) {
            int size = Math.min(100, writes - written);
            Mutation[] mutations = new Mutation[size];
            for (int i = 0; i < size; i++) {
                long value = lastValue - (writes - 1 - (written + i));
                mutations[i] = Mutation.put("", payload(topic, Counter.of(value)));
            }
            commit(topic, List.of(), mutations);
            written += size;
        }
    }

    /** Stores bytes under a key, whatever they are; returns the new version. */
    Version storeBytes(Topic<?> topic, String key, byte[] bytes) {
        return commit(topic, List.of(), Mutation.put(key, Payload.ofBytes(bytes)));
    }

    /** Commits to the store past every service; returns the head. */
    Version commit(Topic<?> topic, List<Check> checks, Mutation... mutations) {
        RequestId request = new RequestId(sender, requests.incrementAndGet());
        Commit commit = new Commit(
                topic.name(), request, head(topic), checks, List.of(mutations), Selection.none(), topic.options());
        CommitResult result = join(store.commit(commit));
        assertThat(result).isInstanceOf(CommitResult.Committed.class);
        return result.head();
    }

    private static <T> Payload payload(Topic<T> topic, T value) {
        return Payload.of(value, CODEC.format(topic.type()));
    }

    /** The last change of the topic. */
    Version head(Topic<?> topic) {
        return join(store.read(topic.name(), Selection.none())).head();
    }

    /** Reads the whole topic from the store. */
    CompletionStage<Page> rawRead(Topic<?> topic) {
        return store.read(topic.name(), Selection.first("", PAGE));
    }

    /** What is stored under a key, as bytes, or null. */
    byte[] storedBytes(Topic<?> topic, String key) {
        List<Entry> entries =
                join(store.read(topic.name(), Selection.keys(key))).entries();
        assertThat(entries).hasSize(1);
        return entries.get(0).payload().bytes();
    }

    /** The changes the store's log holds for the topic. */
    List<Change> log(Topic<?> topic) {
        return log(topic.name());
    }

    private List<Change> log(String topic) {
        List<Change> all = new ArrayList<>();
        Version position = Version.ABSENT;
        while (true) {
            History history = join(store.history(topic, position, PAGE));
            if (history instanceof History.Gone gone) {
                assertThat(all).as("log trimmed while it was read").isEmpty();
                position = gone.oldest();
                continue;
            }
            List<Change> page = ((History.Changes) history).changes();
            if (page.isEmpty()) {
                return all;
            }
            all.addAll(page);
            position = page.get(page.size() - 1).version();
        }
    }

    /** Waits until the assertion holds. */
    static void eventually(ThrowingRunnable assertion) {
        await().pollInterval(Duration.ofMillis(5)).atMost(PATIENCE).untilAsserted(assertion);
    }

    /** Waits until the handle is current. */
    static void awaitCurrent(DistributedSync<?> handle) {
        eventually(() -> assertThat(handle.status().isCurrent()).isTrue());
    }

    /** Waits until the replica is current. */
    static void awaitCurrent(MapReplica<?> replica) {
        eventually(() -> assertThat(replica.status().isCurrent()).isTrue());
    }

    /** Waits until the listener was told that it is current. */
    static void awaitCurrent(MapRecorder<?> listener) {
        eventually(() -> assertThat(listener.states()).endsWith(FeedState.CURRENT));
    }

    static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(50, TimeUnit.SECONDS).join();
    }

    /** What a call fails with, be it thrown by the call or by the future it returns. */
    static Throwable failureOf(Async call) {
        CompletableFuture<?> future;
        try {
            future = call.start();
        } catch (Throwable thrown) {
            return thrown;
        }
        try {
            Object value = future.get(50, TimeUnit.SECONDS);
            throw new AssertionError("expected a failure, but the result is " + value);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (CancellationException e) {
            return e;
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("the future did not complete", e);
        }
    }

    /** A blocking call, seen as one that returns a future. */
    static CompletableFuture<?> completed(Callable<?> call) throws Exception {
        return CompletableFuture.completedFuture(call.call());
    }

    /** A call that returns a future. */
    interface Async {
        CompletableFuture<?> start() throws Exception;
    }

    /** Runs cleanup steps, all of them, and then throws what failed first. */
    private static void allOf(List<ThrowingCallable> steps) {
        Throwable failure = null;
        for (ThrowingCallable step : steps) {
            try {
                step.call();
            } catch (Throwable e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw new AssertionError("after the test: " + failure.getMessage(), failure);
        }
    }

    private SyncBackend backendOf(SyncService node) {
        SyncBackend backend = services.get(node);
        if (backend == null) {
            throw new IllegalArgumentException("not a node of this test");
        }
        return backend;
    }

    @Override
    public void close() {
        List<ThrowingCallable> steps = new ArrayList<>();
        steps.add(() -> gates.forEach(Gate::open));
        services.keySet().forEach(service -> steps.add(service::close));
        topics.forEach(topic -> steps.add(() -> checkLog(topic)));
        steps.add(fixture::close);
        steps.add(Nodes::checkThreads);
        allOf(steps);
    }

    /** Every service was closed, so its threads have ended, or are about to. */
    static void checkThreads() {
        eventually(() -> assertThat(serviceThreads()).as("threads left behind").isEmpty());
    }

    static List<String> serviceThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("distsync-"))
                .toList();
    }

    /** Revisions grow by one, each change links to the one before it, and the log adds up to the state. */
    private void checkLog(String topic) {
        List<Change> log = log(topic);
        Map<String, Version> fromLog = new HashMap<>();
        Change before = null;
        for (Change change : log) {
            if (before != null && before.version().epoch() == change.version().epoch()) {
                assertThat(change.version().revision())
                        .isEqualTo(before.version().revision() + 1);
                assertThat(change.previousLink()).isEqualTo(before.version().link());
            }
            assertThat(change.index()).isLessThan(change.count());
            if (change.isTombstone()) {
                fromLog.remove(change.key());
            } else {
                fromLog.put(change.key(), change.version());
            }
            before = change;
        }
        Page page = join(store.read(topic, Selection.first("", PAGE)));
        boolean complete = !log.isEmpty() && log.get(0).previousLink() == 0 && !page.more();
        if (complete && log.get(log.size() - 1).version().equals(page.head())) {
            Map<String, Version> stored = page.entries().stream().collect(Collectors.toMap(Entry::key, Entry::version));
            assertThat(fromLog).as("state told by the log of " + topic).isEqualTo(stored);
        }
    }
}
