package io.distsync;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.AfterClass;
import org.testng.annotations.AfterMethod;
import org.testng.annotations.BeforeClass;

/**
 * The rules of Reactive Streams for {@link DistributedSync#publisher()}. The stream of a live state ends when its handle
 * is closed; no publisher of ours fails from the start, so the kit skips the rules for those that do.
 */
public class PublisherTckTest extends FlowPublisherVerification<Versioned<Counter>> {

    private static final long TIMEOUT_MILLIS = 2_000;
    private static final long QUIET_MILLIS = 50;
    private static final long REFERENCE_CLEANUP_MILLIS = 2_000;

    /** Below the buffer of a listener: a subscriber that takes its time is not overrun. */
    private static final long MOST_CHANGES = 500;

    private final List<DistributedSync<Counter>> handles = new CopyOnWriteArrayList<>();
    private final AtomicLong topics = new AtomicLong();
    private @Nullable SyncService service;
    private @Nullable ExecutorService writers;

    public PublisherTckTest() {
        super(new TestEnvironment(TIMEOUT_MILLIS, QUIET_MILLIS), REFERENCE_CLEANUP_MILLIS);
    }

    @BeforeClass
    void openService() {
        service = SyncService.local();
        writers = Executors.newCachedThreadPool();
    }

    @AfterMethod
    void closeHandles() {
        handles.forEach(DistributedSync::close);
        handles.clear();
    }

    @AfterClass
    @SuppressWarnings("NullAway") // the service was opened before
    void closeService() {
        writers.shutdown();
        service.close();
    }

    /**
     * A publisher on a topic of its own, which changes once somebody has subscribed. The handle is closed when the
     * subscriber has got so many elements.
     */
    @Override
    @SuppressWarnings("NullAway") // the service was opened before
    public Flow.Publisher<Versioned<Counter>> createFlowPublisher(long elements) {
        SyncService open = service;
        Topic<Counter> topic =
                Topic.of("tck:" + topics.incrementAndGet(), Counter.class).withInitial(() -> Counter.ZERO);
        if (elements > 0) {
            open.send(topic, Counter.ZERO);
        }
        DistributedSync<Counter> handle = open.sync(topic);
        handles.add(handle);
        long changes = Math.min(elements, MOST_CHANGES);
        Flow.Publisher<Versioned<Counter>> publisher = handle.publisher();
        return subscriber -> {
            publisher.subscribe(subscriber == null ? null : new Counting(subscriber, elements, handle));
            if (elements == 0) {
                handle.close();
            }
            writers.execute(() -> {
                for (long i = 1; i < changes; i++) {
                    open.optimisticUpdate(topic, state -> state.plus(1));
                }
            });
        };
    }

    /** There is no publisher that fails from the start. */
    @Override
    @SuppressWarnings("NullAway") // null is how the kit is told
    public Flow.Publisher<Versioned<Counter>> createFailedFlowPublisher() {
        return null;
    }

    /** Closes the handle behind the last element; passes on everything else. */
    private record Counting(
            Flow.Subscriber<? super Versioned<Counter>> subscriber, AtomicLong left, DistributedSync<Counter> handle)
            implements Flow.Subscriber<Versioned<Counter>> {

        Counting(
                Flow.Subscriber<? super Versioned<Counter>> subscriber,
                long elements,
                DistributedSync<Counter> handle) {
            this(subscriber, new AtomicLong(elements), handle);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscriber.onSubscribe(subscription);
        }

        @Override
        public void onNext(Versioned<Counter> item) {
            subscriber.onNext(item);
            if (left.decrementAndGet() == 0) {
                handle.close();
            }
        }

        @Override
        public void onError(Throwable thrown) {
            subscriber.onError(thrown);
        }

        @Override
        public void onComplete() {
            subscriber.onComplete();
        }
    }
}
