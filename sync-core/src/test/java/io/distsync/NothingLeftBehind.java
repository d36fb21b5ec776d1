package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a case that leaves a thread of distsync or an open subscription behind. Threads are told by their name; a
 * subscription counts if it was opened through a backend under {@link #watch}, until its own {@code close()} is called:
 * that the backend was closed in the meantime is no excuse.
 *
 * <p>Register it before whatever opens backends or services, so that its check comes after they were closed:
 *
 * <pre>{@code
 * @RegisterExtension
 * final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();
 * }</pre>
 */
public final class NothingLeftBehind implements BeforeEachCallback, AfterEachCallback {

    private static final String THREAD_PREFIX = "distsync-";
    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final Namespace NAMESPACE = Namespace.create(NothingLeftBehind.class);

    private final Set<WatchedSubscription> open = ConcurrentHashMap.newKeySet();

    /** The same backend, with its subscriptions counted. */
    public SyncBackend watch(SyncBackend backend) {
        return new WatchedBackend(backend);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        open.clear();
        context.getStore(NAMESPACE).put(Thread.class, new ThreadsBefore(ourThreads()));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        ThreadsBefore before = context.getStore(NAMESPACE)
                .getOrDefault(Thread.class, ThreadsBefore.class, new ThreadsBefore(Set.of()));
        await().atMost(BOUND).pollInterval(Duration.ofMillis(5)).untilAsserted(() -> {
            assertThat(open).as("subscriptions left open").isEmpty();
            assertThat(startedSince(before)).as("threads left behind").isEmpty();
        });
    }

    private static List<String> startedSince(ThreadsBefore before) {
        return ourThreads().stream()
                .filter(thread -> !before.threads.contains(thread))
                .map(NothingLeftBehind::describe)
                .toList();
    }

    private static Set<Thread> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && thread.getName().startsWith(THREAD_PREFIX))
                .collect(Collectors.toSet());
    }

    private static String describe(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .limit(12)
                .map(frame -> "\n    at " + frame)
                .collect(Collectors.joining("", thread.getName() + " " + thread.getState(), ""));
    }

    private record ThreadsBefore(Set<Thread> threads) {}

    private final class WatchedBackend implements SyncBackend {

        private final SyncBackend backend;

        WatchedBackend(SyncBackend backend) {
            this.backend = backend;
        }

        @Override
        public CompletionStage<Page> read(String topic, Selection selection) {
            return backend.read(topic, selection);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return backend.commit(commit);
        }

        @Override
        public @Nullable Version foresee(Version head, Commit commit, int mutation) {
            return backend.foresee(head, commit, mutation);
        }

        @Override
        public CompletionStage<History> history(String topic, Version after, int limit) {
            return backend.history(topic, after, limit);
        }

        @Override
        public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
            return new WatchedSubscription(topic, scope, backend.follow(topic, after, scope, listener));
        }

        @Override
        public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
            return backend.keepAlive(leases);
        }

        @Override
        public BackendInfo info() {
            return backend.info();
        }

        @Override
        public void close() {
            backend.close();
        }
    }

    private final class WatchedSubscription implements Subscription {

        private final String topic;
        private final Scope scope;
        private final Subscription subscription;

        WatchedSubscription(String topic, Scope scope, Subscription subscription) {
            this.topic = topic;
            this.scope = scope;
            this.subscription = subscription;
            open.add(this);
        }

        @Override
        public void close() {
            subscription.close();
            open.remove(this);
        }

        @Override
        public String toString() {
            return scope + " of '" + topic + "'";
        }
    }
}
