package io.distsync.testsupport.history;

import java.util.List;
import java.util.stream.Collectors;

/** What the checker found. */
public sealed interface Verdict {

    /** Whether an order was found; not linearizable and not decided are both no. */
    boolean isLinearizable();

    /**
     * An order was found.
     *
     * @param order one sequential order that explains every answer; unanswered calls without effect are not in it
     */
    record Linearizable<I, O>(List<Operation<I, O>> order) implements Verdict {
        public Linearizable {
            order = List.copyOf(order);
        }

        @Override
        public boolean isLinearizable() {
            return true;
        }
    }

    /**
     * No order explains the history.
     *
     * @param longest the longest order that could be begun
     * @param state the state after it
     * @param stuck the calls that were under way then; none of them fits
     */
    record NotLinearizable<S, I, O>(List<Operation<I, O>> longest, S state, List<Operation<I, O>> stuck)
            implements Verdict {
        public NotLinearizable {
            longest = List.copyOf(longest);
            stuck = List.copyOf(stuck);
        }

        @Override
        public boolean isLinearizable() {
            return false;
        }

        @Override
        public String toString() {
            return "not linearizable: after\n"
                    + lines(longest.subList(Math.max(0, longest.size() - 20), longest.size())) + "\nthe state is "
                    + state + ", and none of these can come next\n" + lines(stuck);
        }

        private static <I, O> String lines(List<Operation<I, O>> operations) {
            return operations.stream().map(operation -> "  " + operation).collect(Collectors.joining("\n"));
        }
    }

    /** The search was given up; says nothing about the history. */
    record Undecided(long configurations) implements Verdict {
        @Override
        public boolean isLinearizable() {
            return false;
        }
    }
}
