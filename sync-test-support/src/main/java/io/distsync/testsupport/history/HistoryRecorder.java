package io.distsync.testsupport.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Records the calls of concurrent processes. Safe to share: the moments come from one counter that is read before a
 * call is sent and after its answer arrived, so two calls that the recorder sees as one after the other really were.
 */
public final class HistoryRecorder<I, O> {

    private final AtomicLong clock = new AtomicLong();
    private final List<Operation<I, O>> operations = Collections.synchronizedList(new ArrayList<>());

    /** Begins a call; to be called just before it is sent. */
    public Call begin(int process, I input) {
        return new Call(process, input, clock.incrementAndGet());
    }

    /** What was recorded so far. */
    public List<Operation<I, O>> operations() {
        synchronized (operations) {
            return List.copyOf(operations);
        }
    }

    /** A call under way. One of its methods is to be called, once. */
    public final class Call {

        private final int process;
        private final I input;
        private final long called;

        private Call(int process, I input, long called) {
            this.process = process;
            this.input = input;
            this.called = called;
        }

        /** The answer is known. */
        public void answered(O output) {
            operations.add(Operation.answered(process, input, output, called, clock.incrementAndGet()));
        }

        /** No answer will come; the call may have taken effect, or may do so later. */
        public void unknown() {
            operations.add(Operation.unanswered(process, input, called));
        }

        /** The call certainly had no effect and will have none: it leaves no trace in the history. */
        public void notApplied() {}
    }
}
