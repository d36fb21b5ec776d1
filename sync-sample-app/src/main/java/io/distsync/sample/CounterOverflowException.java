package io.distsync.sample;

/** The counter cannot grow by so much; the state stays as it is. */
final class CounterOverflowException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CounterOverflowException(long counter, long by, ArithmeticException cause) {
        super(
                "The counter is " + counter + " and cannot grow by " + by + ": the limit is " + Long.MAX_VALUE + ".",
                cause);
    }
}
