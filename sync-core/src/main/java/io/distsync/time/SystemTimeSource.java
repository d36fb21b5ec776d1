package io.distsync.time;

final class SystemTimeSource implements TimeSource {

    private final long originMillis = System.currentTimeMillis();
    private final long originNanos = System.nanoTime();

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return originMillis + (System.nanoTime() - originNanos) / 1_000_000;
    }
}
