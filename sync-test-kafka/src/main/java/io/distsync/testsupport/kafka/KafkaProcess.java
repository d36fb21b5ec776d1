package io.distsync.testsupport.kafka;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker in a JVM of its own: slower to start than {@link EmbeddedKafka}, but it can be killed and paused. Ends
 * with this JVM if nobody ends it sooner.
 */
public final class KafkaProcess implements KafkaBroker {

    /*
     * Threads. None of its own; calls must come one at a time. The process is the only state, and only this object
     * signals it: by its own id, never by name. It is volatile for the sake of the one thread that comes unasked, at
     * the JVM's exit.
     */

    private static final Duration START_WITHIN = Duration.ofSeconds(90);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);
    private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();
    private static final int ASK_MILLIS = 2_000;
    private static final int LINES_TOLD = 20;

    /** A broker that is started often, and lives for a moment. */
    private static final List<String> SMALL =
            List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData");

    /** What Kafka's own start script sets. */
    private static final List<String> AS_DISTRIBUTED =
            List.of("-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20");

    private final BrokerFolder folder;
    private final List<String> options;
    private final Thread atExit = new Thread(this::destroy, "kafka-at-exit");
    private volatile @Nullable Process process;
    private boolean paused;

    private KafkaProcess(BrokerFolder folder, List<String> options) {
        this.folder = folder;
        this.options = options;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * A running broker.
     *
     * @param properties of a broker's configuration, on top of the defaults: {@code "log.retention.ms=1000"}
     * @throws IllegalStateException with the end of its log, if it cannot start
     * @throws RuntimeException what Kafka says on properties it does not accept
     */
    public static KafkaProcess launch(String... properties) {
        return launch(SMALL, properties);
    }

    /** The same for measurements: its JVM has the heap and the compilers that brokers have elsewhere. */
    public static KafkaProcess launchToMeasure(String... properties) {
        return launch(AS_DISTRIBUTED, properties);
    }

    private static KafkaProcess launch(List<String> options, String... properties) {
        KafkaProcess kafka = new KafkaProcess(BrokerFolder.create(properties), options);
        boolean ready = false;
        try {
            kafka.writeLogging();
            kafka.start();
            ready = true;
            return kafka;
        } finally {
            if (!ready) {
                kafka.close();
            }
        }
    }

    @Override
    public String bootstrapServers() {
        return folder.bootstrapServers();
    }

    @Override
    public int port() {
        return folder.port();
    }

    /** The process while there is one, for looking at it only: signals are this object's. */
    public long pid() {
        return running().pid();
    }

    @Override
    public void start() {
        if (process != null) {
            throw new IllegalStateException("the broker is running already");
        }
        boolean ready = false;
        try {
            Process started = new ProcessBuilder(command())
                    .directory(folder.root().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
            process = started;
            awaitReady(started);
            ready = true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!ready) {
                kill();
            }
        }
    }

    @Override
    public void stop() {
        Process running = process;
        if (running == null) {
            return;
        }
        if (paused) {
            resume(); // else it could not say goodbye
        }
        running.destroy();
        if (!awaitEnd(running, STOP_WITHIN)) {
            throw new IllegalStateException("the broker does not stop: " + lastLines());
        }
        process = null;
    }

    // --- faults -----------------------------------------------------------------------------------------------------

    /** Ends the process at once, as {@code kill -9} does, and waits until it is gone. */
    public void kill() {
        destroy();
        process = null;
        paused = false;
    }

    /** Stops the process where it is, as {@code SIGSTOP} does: connections stay, nothing answers. */
    public void pause() {
        signal("-STOP");
        paused = true;
    }

    /** Lets it go on after {@link #pause}. What was sent to it meanwhile is answered now. */
    public void resume() {
        signal("-CONT");
        paused = false;
    }

    // --- process ----------------------------------------------------------------------------------------------------

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                classPath(),
                "-Dlogback.configurationFile=" + logging(),
                "kafka.Kafka",
                folder.configuration().toString()));
        return command;
    }

    /**
     * Waits until our own process serves clients: on a port taken meanwhile a stranger might. First for the port alone,
     * since a client complains of each connection that fails.
     */
    private void awaitReady(Process started) {
        long end = System.nanoTime() + START_WITHIN.toNanos();
        while (!listens()) {
            pollAgain(started, end);
        }
        Map<String, Object> settings = Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers(),
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ASK_MILLIS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ASK_MILLIS);
        try (Admin admin = Admin.create(settings)) {
            while (!serves(admin)) {
                pollAgain(started, end);
            }
        }
    }

    private void pollAgain(Process started, long end) {
        if (!started.isAlive()) {
            throw new IllegalStateException("the broker ended with " + started.exitValue() + ": " + lastLines());
        }
        if (System.nanoTime() - end > 0) {
            throw new IllegalStateException("the broker is not ready: " + lastLines());
        }
        LockSupport.parkNanos(POLL_NANOS);
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether the broker is a member of its cluster: before that, it answers but has no partition. */
    private boolean serves(Admin admin) {
        DescribeClusterResult cluster = admin.describeCluster();
        try {
            return folder.clusterId().equals(cluster.clusterId().get())
                    && !cluster.nodes().get().isEmpty();
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private Process running() {
        Process running = process;
        if (running == null || !running.isAlive()) {
            throw new IllegalStateException("the broker is not running");
        }
        return running;
    }

    private void signal(String signal) {
        Process running = running();
        try {
            int status = new ProcessBuilder("kill", signal, Long.toString(running.pid()))
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("kill " + signal + " ended with " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void destroy() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            awaitEnd(running, STOP_WITHIN);
        }
    }

    private static boolean awaitEnd(Process process, Duration within) {
        try {
            return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /** That of this JVM, by absolute paths: the process has a folder of its own. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    // --- log --------------------------------------------------------------------------------------------------------

    /** The class path is that of the tests, and what they want to log is not what this process should. */
    private void writeLogging() {
        try {
            Files.writeString(logging(), """
                    <configuration>
                      <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
                        <encoder>
                          <pattern>%d{HH:mm:ss.SSS} %-5level [%thread] %logger{30} - %msg%n</pattern>
                        </encoder>
                      </appender>
                      <root level="WARN">
                        <appender-ref ref="CONSOLE"/>
                      </root>
                    </configuration>
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logging() {
        return folder.root().resolve("logback.xml");
    }

    private Path log() {
        return folder.root().resolve("broker.log");
    }

    private String lastLines() {
        try (Stream<String> lines = Files.lines(log())) {
            List<String> all = lines.collect(Collectors.toList());
            return String.join("\n", all.subList(Math.max(0, all.size() - LINES_TOLD), all.size()));
        } catch (IOException e) {
            return "its log cannot be read: " + e;
        }
    }

    @Override
    public void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(atExit);
        folder.delete();
    }

    @Override
    public String toString() {
        String state = process == null ? "down" : paused ? "paused" : "up";
        return String.format(Locale.ROOT, "KafkaProcess[%d, %s]", port(), state);
    }
}
