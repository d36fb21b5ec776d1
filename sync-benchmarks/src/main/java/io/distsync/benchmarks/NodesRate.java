package io.distsync.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Processes that update one state, with a few threads each: how often in a second they do together. */
final class NodesRate {

    static final int THREADS = 4;

    /** Of each thread in a round: enough for telling the processes to begin not to show, few for the slowest. */
    private static final int UPDATES = 50;

    /** Several processes that compile with both compilers on few processors do so for minutes. */
    private static final List<String> OPTIONS = List.of("-Xmx256m", "-XX:TieredStopAtLevel=1");

    private NodesRate() {}

    /** Updates a second, until the last of them can be told to others. A wrong outcome ends the run. */
    static double measure(Stage stage, Way way, Way observing, int nodes, Span span) {
        List<Peer> peers = Stream.generate(() -> stage.start(OPTIONS, way, THREADS, UPDATES))
                .limit(nodes)
                .toList();
        SharedState observer = stage.open(observing);
        long before = run(peers, span.warmUpMillis());
        observer.settle(before);
        long begin = System.nanoTime();
        long updates = run(peers, span.millis());
        observer.settle(before + updates);
        double seconds = (System.nanoTime() - begin) / 1e9;
        observer.check(before + updates);
        return updates / seconds;
    }

    /** Returns how many updates that were. */
    private static long run(List<Peer> peers, long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long updates = 0;
        do {
            peers.forEach(Peer::begin);
            peers.forEach(Peer::awaitDone);
            updates += (long) peers.size() * THREADS * UPDATES;
        } while (System.nanoTime() - end < 0);
        return updates;
    }
}
