package io.distsync.boot.autoconfigure;

import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock moved by the test. */
public final class ManualTime implements TimeSource {

    private final AtomicLong nanos = new AtomicLong(1_000_000_000L);

    public void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }

    @Override
    public long nanos() {
        return nanos.get();
    }

    @Override
    public long epochMillis() {
        return 1_700_000_000_000L + nanos.get() / 1_000_000;
    }
}
