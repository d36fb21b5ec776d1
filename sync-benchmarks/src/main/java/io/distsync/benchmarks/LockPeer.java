package io.distsync.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * One of several processes whose threads want the same locks. The JVM has the first compiler only: several that compile with
 * both on a few processors do so for longer than a benchmark can wait.
 */
final class LockPeer {

    private static final List<String> OPTIONS = List.of("-Xms512m", "-Xmx512m", "-XX:TieredStopAtLevel=1");

    private LockPeer() {}

    /** A process that is connected and waits. Each round is a number of milliseconds, and answered with {@link Holds}. */
    static Peer start(LocksWay way, String uri, Ledger ledger, int threads, int names) {
        return Peer.start(
                OPTIONS,
                LockPeer.class,
                way.name(),
                uri,
                ledger.file().toString(),
                Integer.toString(threads),
                Integer.toString(names));
    }

    /** Arguments: way, URI, file of the ledger, threads, names. */
    public static void main(String[] arguments) throws IOException {
        int threads = Integer.parseInt(arguments[3]);
        int names = Integer.parseInt(arguments[4]);
        Ledger ledger = Ledger.open(Path.of(arguments[2]), names);
        try (NamedLocks locks = LocksWay.valueOf(arguments[0]).open(arguments[1], RedisLocks.LEASE);
                LockCrew crew = new LockCrew(locks, ledger, threads, names)) {
            BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            System.out.println(Peer.DONE);
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                System.out.println(Peer.DONE + crew.run(Long.parseLong(line)));
            }
        }
    }
}
