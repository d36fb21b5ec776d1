package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.lease.Callbacks;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class WatcherTest {

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final Callbacks callbacks = new Callbacks("distsync-test-callback");
    private final List<Watcher<String>> all = new CopyOnWriteArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private volatile String newest = "a";

    @AfterEach
    void close() {
        callbacks.close();
    }

    private Watcher<String> watch(BiConsumer<String, String> listener) {
        return new Watcher<>(callbacks, "", () -> newest, listener, all).begin();
    }

    private void change(String to) {
        newest = to;
        all.forEach(Watcher::wake);
    }

    private void awaitTold(String... pairs) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(told).containsExactly(pairs));
    }

    @Test
    void whatChangesWhileTheListenerIsBusyIsToldAsOne() {
        CountDownLatch gate = new CountDownLatch(1);
        Watcher<String> watcher = watch((before, after) -> {
            told.add(before + ">" + after);
            awaitQuietly(gate);
        });
        awaitTold(">a");
        change("b");
        change("c");
        change("d");
        gate.countDown();
        awaitTold(">a", "a>d");
        watcher.close();
        assertThat(all).isEmpty();
    }

    @Test
    void listenerThatThrowsAnErrorIsToldTheNextChange() {
        Watcher<String> watcher = watch((before, after) -> {
            told.add(before + ">" + after);
            throw new AssertionError("by a listener");
        });
        awaitTold(">a");
        change("b");
        awaitTold(">a", "a>b");
        watcher.close();
    }

    @Test
    void listenerMayCloseItsOwnSubscription() {
        AtomicReference<Watcher<String>> self = new AtomicReference<>();
        CountDownLatch known = new CountDownLatch(1);
        self.set(watch((before, after) -> {
            awaitQuietly(known);
            Objects.requireNonNull(self.get()).close();
            told.add(after);
        }));
        known.countDown();
        awaitTold("a");
        change("b");
        assertThat(all).isEmpty();
        assertThat(told).containsExactly("a");
    }

    @Test
    void closingWaitsForTheCallUnderWay() {
        CountDownLatch called = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        Watcher<String> watcher = watch((before, after) -> {
            called.countDown();
            awaitQuietly(gate);
            told.add(after);
        });
        awaitQuietly(called);
        callbacks.run(gate::countDown);
        watcher.close();
        assertThat(told).containsExactly("a");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
