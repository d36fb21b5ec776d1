package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final Turns turns = new Turns(2);
    private final List<CompletableFuture<Integer>> begun = new ArrayList<>();

    private CompletionStage<Integer> begin() {
        begun.add(new CompletableFuture<>());
        return begun.get(begun.size() - 1);
    }

    @Test
    void soManyAreUnderWayAndTheOthersFollowInOrder() {
        List<CompletableFuture<Integer>> results = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            results.add(turns.take(this::begin).toCompletableFuture());
        }
        assertThat(begun).hasSize(2);
        begun.get(1).complete(1);
        assertThat(begun).hasSize(3);
        assertThat(results.get(1)).isCompletedWithValue(1);
        begun.get(0).completeExceptionally(new IllegalStateException("lost"));
        assertThat(begun).hasSize(4);
        assertThat(results.get(0)).isCompletedExceptionally();
        begun.get(3).complete(3);
        begun.get(2).complete(2);
        assertThat(results.get(2)).isCompletedWithValue(2);
        assertThat(results.get(3)).isCompletedWithValue(3);
    }

    @Test
    void callThatThrowsGivesItsTurnBack() {
        for (int i = 0; i < 3; i++) {
            CompletableFuture<Integer> failed = turns.<Integer>take(() -> {
                        throw new IllegalStateException("closed");
                    })
                    .toCompletableFuture();
            assertThatThrownBy(failed::join).hasRootCauseMessage("closed");
        }
        assertThat(turns.take(this::begin).toCompletableFuture()).isNotDone();
        assertThat(begun).hasSize(1);
    }

    @Test
    void manyThatEndAtOnceMakeNoDeepStack() {
        CompletableFuture<Integer> first = turns.take(this::begin).toCompletableFuture();
        CompletableFuture<Integer> second = turns.take(this::begin).toCompletableFuture();
        List<CompletableFuture<Integer>> waiting = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            waiting.add(turns.take(() -> CompletableFuture.completedFuture(7)).toCompletableFuture());
        }
        begun.get(0).complete(1);
        begun.get(1).complete(2);
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
        assertThat(waiting).allSatisfy(result -> assertThat(result).isCompletedWithValue(7));
    }
}
