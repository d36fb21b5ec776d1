package io.distsync.testsupport.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a recorded concurrent history is linearizable with respect to a sequential model.
 *
 * @param <S> states of the model
 * @param <I> inputs of operations
 * @param <O> outputs of operations
 */
public final class LinearizabilityChecker<S, I, O> {

    /*
     * The events of the history, calls and returns, stand in a doubly linked list in the order of their moments. The
     * search takes the first call that fits the present state, removes it and its return from the list, and starts
     * over from the head. When it meets a return whose call was not taken, that operation should have come before:
     * the last choice is undone and the search goes on behind it. The history is linearizable when no return is left.
     *
     * A configuration is the set of operations taken and the state they led to. What can follow depends on nothing
     * else, so a configuration that was met before is not searched again; this keeps most histories polynomial.
     *
     * A call without an answer has no return event, so nothing ever forces it, and it stays takeable until the end: it
     * takes effect at any later moment, or never.
     *
     * Sources: J. Wing and C. Gong, "Testing and Verifying Concurrent Objects", J. Parallel Distrib. Comput. 17 (1993),
     * section 4 (the search); G. Lowe, "Testing for Linearizability", Concurrency Computat.: Pract. Exper. 29 (2017),
     * section 3 (memory of configurations); A. Horn and D. Kroening, "Faster Linearizability Checking via
     * P-compositionality", FORTE 2015 (the list with lift and unlift).
     */

    private static final int DEFAULT_LIMIT = 3_000_000;

    private final SequentialModel<S, I, O> model;
    private final int limit;

    public LinearizabilityChecker(SequentialModel<S, I, O> model) {
        this(model, DEFAULT_LIMIT);
    }

    /**
     * A checker that gives up at some point.
     *
     * @param limit how many configurations to remember at most
     */
    public LinearizabilityChecker(SequentialModel<S, I, O> model, int limit) {
        this.model = model;
        this.limit = limit;
    }

    /** Checks a history; the order of the list does not matter. */
    public Verdict check(List<Operation<I, O>> history) {
        return new Search(history).run();
    }

    private final class Search {

        private final Event<I, O> head = new Event<>(Kind.HEAD, null, -1);
        private final Set<Configuration<S>> seen = new HashSet<>();
        private final Deque<Choice<S, I, O>> taken = new ArrayDeque<>();
        private final BitSet takenSet = new BitSet();
        private S state = model.initial();
        private int returnsLeft;
        private List<Operation<I, O>> longest = List.of();
        private S longestState = state;
        private List<Operation<I, O>> stuck = List.of();

        Search(List<Operation<I, O>> history) {
            List<Event<I, O>> events = new ArrayList<>();
            for (int i = 0; i < history.size(); i++) {
                Operation<I, O> operation = history.get(i);
                Event<I, O> call = new Event<>(Kind.CALL, operation, i);
                events.add(call);
                if (operation.output() != null) {
                    call.match = new Event<>(Kind.RETURN, operation, i);
                    events.add(call.match);
                    returnsLeft++;
                }
            }
            // Calls first: what is called at the moment something else returns overlaps it.
            events.sort(Comparator.<Event<I, O>>comparingLong(Event::moment).thenComparing(event -> event.kind));
            Event<I, O> last = head;
            for (Event<I, O> event : events) {
                event.insertAfter(last);
                last = event;
            }
        }

        Verdict run() {
            Event<I, O> event = head.next;
            while (returnsLeft > 0) {
                if (event == null) {
                    throw new AssertionError("a return was passed over");
                }
                if (event.isCall()) {
                    event = take(event) ? head.next : event.next;
                } else {
                    noteStuck();
                    if (taken.isEmpty()) {
                        return new Verdict.NotLinearizable<>(longest, longestState, stuck);
                    }
                    event = undo();
                }
                if (seen.size() > limit) {
                    return new Verdict.Undecided(seen.size());
                }
            }
            return new Verdict.Linearizable<>(order());
        }

        private boolean take(Event<I, O> call) {
            Optional<S> next = call.apply(model, state);
            if (next.isEmpty()) {
                return false;
            }
            takenSet.set(call.id);
            if (!seen.add(new Configuration<>((BitSet) takenSet.clone(), next.get()))) {
                takenSet.clear(call.id);
                return false;
            }
            taken.push(new Choice<>(call, state));
            state = next.get();
            call.lift();
            returnsLeft -= call.match == null ? 0 : 1;
            return true;
        }

        private @Nullable Event<I, O> undo() {
            Choice<S, I, O> choice = taken.pop();
            Event<I, O> call = choice.call();
            state = choice.before();
            takenSet.clear(call.id);
            call.unlift();
            returnsLeft += call.match == null ? 0 : 1;
            return call.next;
        }

        private void noteStuck() {
            if (taken.size() < longest.size() || (!stuck.isEmpty() && taken.size() == longest.size())) {
                return;
            }
            longest = order();
            longestState = state;
            stuck = new ArrayList<>();
            for (Event<I, O> event = head.next; event != null && event.isCall(); event = event.next) {
                stuck.add(event.operation());
            }
        }

        private List<Operation<I, O>> order() {
            List<Operation<I, O>> order = new ArrayList<>(taken.size());
            taken.descendingIterator()
                    .forEachRemaining(choice -> order.add(choice.call().operation()));
            return order;
        }
    }

    private record Configuration<S>(BitSet taken, S state) {}

    private record Choice<S, I, O>(Event<I, O> call, S before) {}

    private enum Kind {
        HEAD,
        CALL,
        RETURN
    }

    /** A call or a return in the list; only a call has a match, its return, and only if it was answered. */
    private static final class Event<I, O> {

        private final Kind kind;
        private final @Nullable Operation<I, O> operation;
        private final int id;
        private @Nullable Event<I, O> match;
        private @Nullable Event<I, O> previous;
        private @Nullable Event<I, O> next;

        Event(Kind kind, @Nullable Operation<I, O> operation, int id) {
            this.kind = kind;
            this.operation = operation;
            this.id = id;
        }

        boolean isCall() {
            return kind == Kind.CALL;
        }

        Operation<I, O> operation() {
            return Objects.requireNonNull(operation);
        }

        long moment() {
            return isCall() ? operation().called() : operation().returned();
        }

        <S> Optional<S> apply(SequentialModel<S, I, O> model, S state) {
            O output = operation().output();
            return output == null
                    ? model.nextUnanswered(state, operation().input())
                    : model.next(state, operation().input(), output);
        }

        void insertAfter(Event<I, O> event) {
            previous = event;
            next = event.next;
            event.next = this;
            if (next != null) {
                next.previous = this;
            }
        }

        /** Takes a call and its return out of the list; both keep their places in mind. */
        void lift() {
            unlink();
            if (match != null) {
                match.unlink();
            }
        }

        /** Puts them back; only in the reverse order of lifting. */
        void unlift() {
            if (match != null) {
                match.relink();
            }
            relink();
        }

        private void unlink() {
            Objects.requireNonNull(previous).next = next;
            if (next != null) {
                next.previous = previous;
            }
        }

        private void relink() {
            Objects.requireNonNull(previous).next = this;
            if (next != null) {
                next.previous = this;
            }
        }
    }
}
