package io.distsync.testsupport.history;

import static io.distsync.testsupport.history.Operation.answered;
import static io.distsync.testsupport.history.Operation.unanswered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.distsync.testsupport.history.RegisterModel.CompareAndSet;
import io.distsync.testsupport.history.RegisterModel.Done;
import io.distsync.testsupport.history.RegisterModel.Input;
import io.distsync.testsupport.history.RegisterModel.Output;
import io.distsync.testsupport.history.RegisterModel.Read;
import io.distsync.testsupport.history.RegisterModel.Refused;
import io.distsync.testsupport.history.RegisterModel.Value;
import io.distsync.testsupport.history.RegisterModel.Write;
import io.distsync.testsupport.history.Verdict.Linearizable;
import io.distsync.testsupport.history.Verdict.NotLinearizable;
import io.distsync.testsupport.history.Verdict.Undecided;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {

    private static final Output DONE = new Done();

    @Nested
    @DisplayName("Register")
    class Register {

        private final LinearizabilityChecker<Optional<String>, Input, Output> checker =
                new LinearizabilityChecker<>(new RegisterModel());

        @Test
        void emptyHistoryIsLinearizable() {
            assertThat(checker.check(List.of()).isLinearizable()).isTrue();
        }

        @Test
        void overlappingReadMaySeeEitherValue() {
            assertLinearizable(List.of(write(1, "a", 1, 6), read(2, null, 2, 3)));
            assertLinearizable(List.of(write(1, "a", 1, 6), read(2, "a", 2, 3)));
        }

        @Test
        void readAfterTheWriteMustSeeIt() {
            assertRejected(List.of(write(1, "a", 1, 2), read(2, null, 3, 4)));
        }

        @Test
        void valueOnceSeenStays() {
            assertRejected(List.of(write(1, "a", 1, 10), read(2, "a", 2, 3), read(3, null, 4, 5)));
        }

        @Test
        void readersAgreeOnTheOrderOfTwoWrites() {
            assertRejected(List.of(
                    write(1, "a", 1, 20),
                    write(2, "b", 2, 19),
                    read(3, "a", 3, 4),
                    read(3, "b", 5, 6),
                    read(4, "a", 7, 8)));
            assertLinearizable(List.of(
                    write(1, "a", 1, 20),
                    write(2, "b", 2, 19),
                    read(3, "a", 3, 4),
                    read(3, "b", 5, 6),
                    read(4, "b", 7, 8)));
        }

        @Test
        void valueNobodyWroteIsRejected() {
            assertRejected(List.of(write(1, "a", 1, 2), read(2, "b", 1, 4)));
        }

        @Test
        void oneOfTwoRacingCompareAndSetsWins() {
            assertLinearizable(List.of(
                    answered(1, new CompareAndSet(null, "a"), DONE, 1, 5),
                    answered(2, new CompareAndSet(null, "b"), new Refused("a"), 2, 4)));
            assertRejected(List.of(
                    answered(1, new CompareAndSet(null, "a"), DONE, 1, 5),
                    answered(2, new CompareAndSet(null, "b"), DONE, 2, 4)));
        }

        @Test
        void refusalMustNameWhatWasThere() {
            assertRejected(List.of(
                    write(1, "a", 1, 2),
                    write(1, "b", 3, 4),
                    answered(2, new CompareAndSet("x", "c"), new Refused("a"), 5, 6)));
        }

        @Test
        void refusalThatMetTheExpectedValueIsRejected() {
            assertRejected(
                    List.of(write(1, "a", 1, 2), answered(2, new CompareAndSet("a", "c"), new Refused("a"), 5, 6)));
        }

        @Test
        void lostUpdateIsRejected() {
            assertRejected(List.of(
                    write(1, "a", 1, 2),
                    answered(1, new CompareAndSet("a", "b"), DONE, 3, 4),
                    answered(2, new CompareAndSet("a", "c"), DONE, 3, 5),
                    read(1, "c", 6, 7)));
        }

        @Test
        void unansweredWriteMayTakeEffectLateOrNever() {
            assertLinearizable(List.of(unanswered(1, new Write("a"), 1), read(2, null, 2, 3)));
            assertLinearizable(List.of(unanswered(1, new Write("a"), 1), read(2, null, 2, 3), read(2, "a", 4, 5)));
            assertLinearizable(List.of(
                    unanswered(1, new Write("a"), 1), write(2, "b", 2, 3), read(2, "b", 4, 5), read(2, "a", 6, 7)));
        }

        @Test
        void unansweredWriteTakesEffectOnce() {
            assertRejected(List.of(
                    unanswered(1, new Write("a"), 1), read(2, "a", 2, 3), write(2, "b", 4, 5), read(2, "a", 6, 7)));
        }

        @Test
        void unansweredWriteTakesNoEffectBeforeItsCall() {
            assertRejected(List.of(read(2, "a", 1, 2), unanswered(1, new Write("a"), 3)));
        }

        @Test
        void unansweredCompareAndSetStillNeedsItsExpectation() {
            assertRejected(
                    List.of(write(2, "b", 1, 2), unanswered(1, new CompareAndSet("x", "a"), 3), read(2, "a", 4, 5)));
        }

        @Test
        void verdictShowsWhereTheHistoryGotStuck() {
            Verdict verdict = checker.check(List.of(write(1, "a", 1, 2), read(2, null, 3, 4)));

            assertThat(verdict).isInstanceOf(NotLinearizable.class);
            assertThat(verdict.toString()).contains("Optional[a]").contains("process 2");
        }

        @Test
        void foundOrderExplainsEveryAnswer() {
            Verdict verdict = checker.check(List.of(read(2, "a", 1, 4), write(1, "a", 2, 3)));

            assertThat(verdict).isEqualTo(new Linearizable<>(List.of(write(1, "a", 2, 3), read(2, "a", 1, 4))));
        }

        @Test
        void agreesWithTheSearchOfAllOrders() {
            for (long seed = 0; seed < 3_000; seed++) {
                List<Operation<Input, Output>> history = randomHistory(new Random(seed));
                assertThat(checker.check(history).isLinearizable())
                        .as("seed %s: %s", seed, history)
                        .isEqualTo(someOrderFits(Optional.empty(), history, new HashSet<>()));
            }
        }

        @Test
        void longHistoryOfALinearizableRegisterIsDecidedQuickly() {
            List<Operation<Input, Output>> history = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                history.add(write(i % 5, "v" + i, 10L * i + 1, 10L * i + 25));
                history.add(read(5, "v" + i, 10L * i + 6, 10L * i + 8));
            }
            assertThat(checker.check(history).isLinearizable()).isTrue();
        }

        @Test
        void searchIsGivenUpAtTheLimit() {
            List<Operation<Input, Output>> history = new ArrayList<>();
            for (int i = 0; i < 14; i++) {
                history.add(write(i, "v" + i, i + 1, 100 + i));
            }
            history.add(read(20, "nobody's", 200, 201));

            assertThat(new LinearizabilityChecker<>(new RegisterModel(), 1_000).check(history))
                    .isInstanceOf(Undecided.class);
        }

        @Test
        void answerOfTheWrongKindIsAMistakeOfTheTest() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> checker.check(List.of(answered(1, new Read(), DONE, 1, 2))));
        }

        private void assertLinearizable(List<Operation<Input, Output>> history) {
            assertThat(checker.check(history).isLinearizable()).isTrue();
        }

        private void assertRejected(List<Operation<Input, Output>> history) {
            assertThat(checker.check(history)).isInstanceOf(NotLinearizable.class);
        }
    }

    @Nested
    @DisplayName("Counter")
    class Counter {

        private final LinearizabilityChecker<Long, Long, Long> checker =
                new LinearizabilityChecker<>(new CounterModel());

        @Test
        void concurrentAddsMayComeInEitherOrder() {
            assertThat(accepts(List.of(answered(1, 1L, 3L, 1, 5), answered(2, 2L, 2L, 2, 4))))
                    .isTrue();
        }

        @Test
        void twoAddsCannotBothBeFirst() {
            assertThat(accepts(List.of(answered(1, 1L, 1L, 1, 5), answered(2, 1L, 1L, 2, 4))))
                    .isFalse();
        }

        @Test
        void addThatWasAnsweredIsNotForgotten() {
            assertThat(accepts(List.of(answered(1, 1L, 1L, 1, 2), answered(2, 0L, 0L, 3, 4))))
                    .isFalse();
        }

        @Test
        void unansweredAddCountsOnceOrNotAtAll() {
            assertThat(accepts(List.of(unanswered(1, 5L, 1), answered(2, 0L, 0L, 2, 3), answered(2, 0L, 5L, 4, 5))))
                    .isTrue();
            assertThat(accepts(List.of(unanswered(1, 5L, 1), answered(2, 0L, 10L, 2, 3))))
                    .isFalse();
        }

        private boolean accepts(List<Operation<Long, Long>> history) {
            return checker.check(history).isLinearizable();
        }
    }

    private static Operation<Input, Output> write(int process, String value, long called, long returned) {
        return answered(process, new Write(value), DONE, called, returned);
    }

    private static Operation<Input, Output> read(int process, @Nullable String value, long called, long returned) {
        return answered(process, new Read(), new Value(value), called, returned);
    }

    /** Up to six operations at random moments with random answers: some fit, most do not. */
    private static List<Operation<Input, Output>> randomHistory(Random random) {
        List<Operation<Input, Output>> history = new ArrayList<>();
        int size = 1 + random.nextInt(6);
        for (int i = 0; i < size; i++) {
            long called = random.nextInt(20);
            long returned = called + 1 + random.nextInt(12);
            String value = "v" + random.nextInt(2);
            String other = random.nextInt(3) == 0 ? null : "v" + random.nextInt(2);
            boolean answered = random.nextInt(5) > 0;
            switch (random.nextInt(3)) {
                case 0 -> history.add(answered(i, new Read(), new Value(other), called, returned));
                case 1 ->
                    history.add(
                            answered
                                    ? answered(i, new Write(value), DONE, called, returned)
                                    : unanswered(i, new Write(value), called));
                default -> {
                    Input cas = new CompareAndSet(other, value);
                    Output output = random.nextBoolean() ? DONE : new Refused("v" + random.nextInt(2));
                    history.add(answered ? answered(i, cas, output, called, returned) : unanswered(i, cas, called));
                }
            }
        }
        return history;
    }

    /** The definition, taken literally: tries every order that respects real time. */
    private static boolean someOrderFits(
            Optional<String> state, List<Operation<Input, Output>> history, Set<Operation<Input, Output>> taken) {
        RegisterModel model = new RegisterModel();
        List<Operation<Input, Output>> left =
                history.stream().filter(operation -> !taken.contains(operation)).toList();
        if (left.stream().allMatch(operation -> operation.output() == null)) {
            return true;
        }
        long firstReturn = left.stream().mapToLong(Operation::returned).min().orElseThrow();
        for (Operation<Input, Output> operation : left) {
            Output output = operation.output();
            Optional<Optional<String>> next = output == null
                    ? model.nextUnanswered(state, operation.input())
                    : model.next(state, operation.input(), output);
            if (operation.called() <= firstReturn && next.isPresent()) {
                taken.add(operation);
                if (someOrderFits(next.get(), history, taken)) {
                    return true;
                }
                taken.remove(operation);
            }
        }
        return false;
    }
}
