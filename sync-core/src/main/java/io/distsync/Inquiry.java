package io.distsync;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.SyncException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A question to the store that may be asked again without harm: a read, or the renewal of leases. It does not pass
 * through the queue of updates.
 *
 * @param <A> what the store answers
 * @param <R> what the caller is told
 */
final class Inquiry<T, A, R> extends Operation<T, R> {

    private static final long MIN_PAUSE_NANOS = Duration.ofMillis(2).toNanos();
    private static final int MAX_DOUBLINGS = 7;

    private final ServiceContext context;
    private final Supplier<CompletionStage<A>> question;
    private final Function<A, R> reader;
    private int attempts; // one attempt at a time

    Inquiry(UpdatePipeline<T> pipeline, Supplier<CompletionStage<A>> question, Function<A, R> reader) {
        super(pipeline);
        this.context = pipeline.context();
        this.question = question;
        this.reader = reader;
        pipeline.requireOpen();
    }

    /** Asks, and asks again while the store cannot be reached and the caller still wants to know. */
    @Override
    void submit(boolean patient) {
        attempt();
    }

    private void attempt() {
        if (isDone()) {
            return;
        }
        attempts++;
        CompletionStage<A> stage;
        try {
            stage = question.get();
        } catch (RuntimeException e) {
            fail(e);
            return;
        }
        stage.whenComplete((answer, error) -> {
            if (error == null) {
                read(answer);
            } else {
                failed(error instanceof CompletionException && error.getCause() != null ? error.getCause() : error);
            }
        });
    }

    private void read(A answer) {
        try {
            succeed(reader.apply(answer));
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void failed(Throwable reason) {
        if (reason instanceof BackendUnavailableException || reason instanceof OutcomeUnknownException) {
            long ceiling = MIN_PAUSE_NANOS << Math.min(MAX_DOUBLINGS, attempts);
            Duration pause = Duration.ofNanos(ThreadLocalRandom.current().nextLong(ceiling / 2, ceiling));
            context.timer().schedule(() -> context.dispatcher().execute(this::attempt), pause);
        } else {
            fail(
                    reason instanceof SyncException || reason instanceof IllegalArgumentException
                            ? reason
                            : new NotAppliedException("the backend failed in a way it does not declare", reason));
        }
    }

    @Override
    String kind() {
        return "inquiry";
    }

    @Override
    void wakeSoon() {
        wakeCaller(); // its thread owns no pipeline
    }

    @Override
    void apply(Draft<T> draft) {
        throw new IllegalStateException("a question takes no part in a draft");
    }

    @Override
    void settle(Draft<T> draft, Committed committed) {
        throw new IllegalStateException("a question takes no part in a draft");
    }
}
