package io.distsync.benchmarks;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.PayloadFormat;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.backend.support.TopicStore;
import io.distsync.codec.Codec;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The layers below the service, one thread: where the time of an update goes. Making the commit is part of it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 3, time = 1)
public class Spi {

    private static final int BATCH = 50;

    @Benchmark
    public CommitResult storeCommit(Store state) {
        return state.accept(state.store.commit(state.next(1), 0));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public CommitResult storeCommitOf50(Store state) {
        return state.accept(state.store.commit(state.next(BATCH), 0));
    }

    @Benchmark
    public CommitResult backendCommit(Backend state) {
        return state.accept(state.commit(1));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public CommitResult backendCommitOf50(Backend state) {
        return state.accept(state.commit(BATCH));
    }

    @Benchmark
    public Page backendRead(Backend state) {
        return state.read();
    }

    /** Makes the commits a single writer would send: each one checks the version the one before it left. */
    private static final class Writer {

        private static final String TOPIC = "app_state";
        private static final Selection SINGLE = Selection.keys("");

        private final PayloadFormat<AppState> format = Codec.json().format(AppState.class);
        private Version head = Version.ABSENT;
        private AppState last = new AppState();
        private long requests;

        Commit next(int mutations) {
            List<Mutation> puts = new ArrayList<>(mutations);
            for (int i = 0; i < mutations; i++) {
                puts.add(put());
            }
            RequestId request = new RequestId(1, ++requests);
            return Commit.of(TOPIC, request, head, List.of(Check.versionIs("", head)), puts);
        }

        private Mutation put() {
            last = last.incremented();
            return Mutation.put("", Payload.of(last, format));
        }

        CommitResult accept(CommitResult result) {
            Checks.require("a single writer meets no conflict", result instanceof CommitResult.Committed);
            head = result.head();
            return result;
        }

        void check(Page page) {
            long revision = page.head().revision();
            Checks.require(revision + " revisions after " + last.counter() + " puts", revision == last.counter());
            page.entries()
                    .forEach(entry -> Checks.require(
                            "the last value is stored",
                            entry.payload().value(format).equals(last)));
        }
    }

    @State(Scope.Benchmark)
    public static class Store {

        private final Writer writer = new Writer();
        final TopicStore store = new TopicStore(Writer.TOPIC, 1, Version.ABSENT, changes -> {});

        Commit next(int mutations) {
            return writer.next(mutations);
        }

        CommitResult accept(CommitResult result) {
            return writer.accept(result);
        }

        @TearDown
        public void check() {
            writer.check(store.read(Writer.SINGLE, 0));
        }
    }

    @State(Scope.Benchmark)
    public static class Backend {

        private final Writer writer = new Writer();
        private final LocalSyncBackend backend = LocalSyncBackend.create();

        public Backend() {
            accept(commit(1));
        }

        CommitResult commit(int mutations) {
            return backend.commit(writer.next(mutations)).toCompletableFuture().join();
        }

        CommitResult accept(CommitResult result) {
            return writer.accept(result);
        }

        Page read() {
            return backend.read(Writer.TOPIC, Writer.SINGLE)
                    .toCompletableFuture()
                    .join();
        }

        @TearDown
        public void check() {
            writer.check(read());
            backend.close();
        }
    }
}
