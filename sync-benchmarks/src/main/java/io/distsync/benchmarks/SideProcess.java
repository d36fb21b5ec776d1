package io.distsync.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Fork;
import org.slf4j.LoggerFactory;

/** The JVM in which one {@link Side} is measured, one round of all its points. */
final class SideProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 180;

    private final Peer process;

    private SideProcess(Peer process) {
        this.process = process;
    }

    /** A process that is ready. */
    static SideProcess start(Question question, Side side, Lasting lasting) {
        // What Hazelcast asks for; everybody has it.
        List<String> options =
                List.of(RedisHotKey.class.getAnnotation(Fork.class).jvmArgsAppend());
        return new SideProcess(Peer.start(
                options, SideProcess.class, question.name(), side.label(), lasting.kafka(), lasting.zooKeeper()));
    }

    /** What {@link Side.Gauge#measure} says there. A contender that stands still ends the run, too. */
    double measure(int point, Span span) {
        process.begin(point + " " + span.warmUpMillis() + " " + span.millis());
        return Double.parseDouble(CompletableFuture.supplyAsync(process::awaitDone)
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join());
    }

    @Override
    public void close() {
        process.close();
    }

    /** Arguments: question, label of the side, broker, ZooKeeper. Each line of the input is a point and a {@link Span}. */
    public static void main(String[] arguments) {
        int status = 1;
        try {
            Question question = Overview.chosen(List.of(arguments[0])).get(0);
            Side side = question.sides().stream()
                    .filter(each -> each.label().equals(arguments[1]))
                    .findAny()
                    .orElseThrow();
            Lasting lasting = new Lasting(arguments[2], arguments[3]);
            BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            System.out.println(Peer.DONE);
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                String[] words = line.split(" ", 3);
                Span span = new Span(Long.parseLong(words[1]), Long.parseLong(words[2]));
                System.out.println(Peer.DONE + side.gauge().measure(lasting, Integer.parseInt(words[0]), span));
            }
            status = 0;
        } catch (Exception | Error e) {
            LoggerFactory.getLogger(SideProcess.class).error("the run is over", e);
        }
        System.exit(status); // whatever threads a contender has left
    }
}
