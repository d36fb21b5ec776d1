package io.distsync.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Counters in memory that several processes of this machine share, one for each lock. Nothing guards them: if two hold the
 * same lock at a time, a count gets lost sooner or later.
 */
final class Ledger implements AutoCloseable {

    private final Path file;
    private final MappedByteBuffer counters;

    private Ledger(Path file, int counters) throws IOException {
        this.file = file;
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            this.counters = channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) counters * Long.BYTES);
        }
    }

    /** All counters are zero. */
    static Ledger create(int counters) {
        try {
            return new Ledger(Files.createTempFile("ledger-", null), counters);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The ledger of another process, which deletes it. */
    static Ledger open(Path file, int counters) {
        try {
            return new Ledger(file, counters);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path file() {
        return file;
    }

    /** For the holder of that lock. */
    void increment(int counter) {
        int at = counter * Long.BYTES;
        long read = counters.getLong(at);
        Thread.onSpinWait(); // so that others, if there were any, had the time to read the same
        counters.putLong(at, read + 1);
    }

    long sum() {
        long sum = 0;
        for (int at = 0; at < counters.capacity(); at += Long.BYTES) {
            sum += counters.getLong(at);
        }
        return sum;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
