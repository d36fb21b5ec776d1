package io.distsync.testsupport.redis;

import io.distsync.testsupport.net.Ports;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server on loopback: a process of its own, with a port and a folder it keeps over restarts. Ends with the JVM if
 * nobody ends it sooner.
 */
public final class RedisServer implements AutoCloseable {

    /*
     * Threads. None of its own; calls must come one at a time. The process is the only state, and only this object signals
     * it: by its own id, never by name.
     */

    private static final Duration START_WITHIN = Duration.ofSeconds(15);
    private static final int CLUSTER_BUS = 10_000; // above the port, always
    private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

    /** What a kill leaves of what was acknowledged. */
    public enum Durability {
        /** Everything: each write is on disk before its reply. */
        ALWAYS("yes", "always"),
        /** What was written to disk up to a second ago. */
        EVERY_SECOND("yes", "everysec"),
        /** Nothing. */
        NONE("no", "no");

        private final String appendOnly;
        private final String sync;

        Durability(String appendOnly, String sync) {
            this.appendOnly = appendOnly;
            this.sync = sync;
        }

        private List<String> options() {
            return List.of("appendonly " + appendOnly, "appendfsync " + sync);
        }
    }

    private final Path folder;
    private final int port;
    private final List<String> arguments;
    private final Thread atExit = new Thread(this::destroy, "redis-at-exit");
    private @Nullable Process process;
    private boolean paused;

    private RedisServer(Path folder, int port, List<String> arguments) {
        this.folder = folder;
        this.port = port;
        this.arguments = List.copyOf(arguments);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * A running server.
     *
     * @param options as in a configuration file: {@code "maxmemory 1mb"}
     */
    public static RedisServer start(Durability durability, String... options) {
        List<String> lines = new ArrayList<>(durability.options());
        lines.addAll(List.of(options));
        lines.add("save \"\"");
        return launch(lines, List.of());
    }

    /**
     * A running sentinel: the same program, in its other role.
     *
     * @param options as in a configuration file: {@code "sentinel monitor …"}
     */
    static RedisServer startSentinel(List<String> options) {
        return launch(options, List.of("--sentinel"));
    }

    /** The configuration is a file, because sentinels and cluster nodes insist on writing theirs. */
    private static RedisServer launch(List<String> options, List<String> arguments) {
        try {
            Path folder = Files.createTempDirectory("redis-");
            int port = Ports.free(CLUSTER_BUS);
            List<String> lines = new ArrayList<>(List.of("port " + port, "bind 127.0.0.1", "dir " + folder));
            lines.addAll(options);
            Files.write(folder.resolve("redis.conf"), lines);
            RedisServer server = new RedisServer(folder, port, arguments);
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** For clients: {@code redis://127.0.0.1:port}. */
    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    // --- faults -----------------------------------------------------------------------------------------------------

    /** Ends the process at once, as {@code kill -9} does. */
    public void kill() {
        destroy();
        process = null;
        paused = false;
    }

    /** Starts the server again after {@link #kill}, on the same port and with what is on its disk. */
    public void start() {
        if (process != null) {
            throw new IllegalStateException("the server is running already");
        }
        try {
            process = new ProcessBuilder(command())
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        awaitReady(process);
    }

    /** Stops the process where it is, as {@code SIGSTOP} does: connections stay, nothing answers. */
    public void pause() {
        signal("-STOP");
        paused = true;
    }

    /** Lets it go on after {@link #pause}. */
    public void resume() {
        signal("-CONT");
        paused = false;
    }

    /** Says one command on a connection of its own; see {@link RespClient#call}. */
    public @Nullable Object call(String... command) {
        try (RespClient client = new RespClient(port)) {
            return client.call(command);
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command) + ": " + e.getMessage(), e);
        }
    }

    // --- process ----------------------------------------------------------------------------------------------------

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(RedisBinary.find().toString());
        command.add(folder.resolve("redis.conf").toString());
        command.addAll(arguments);
        return command;
    }

    /** Waits until our own process answers: on a port taken meanwhile a stranger's might. */
    private void awaitReady(Process started) {
        long end = System.nanoTime() + START_WITHIN.toNanos();
        while (true) {
            if (!started.isAlive()) {
                throw new IllegalStateException("redis-server ended with " + started.exitValue() + "; see " + log());
            }
            try (RespClient client = new RespClient(port)) {
                if ("PONG".equals(client.call("PING"))
                        && String.valueOf(client.call("INFO", "server"))
                                .contains("process_id:" + started.pid() + "\r")) {
                    return;
                }
            } catch (IOException e) {
                if (System.nanoTime() - end > 0) {
                    throw new UncheckedIOException("redis-server is not ready; see " + log(), e);
                }
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void signal(String signal) {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("the server is not running");
        }
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
        if (running == null) {
            return;
        }
        running.destroyForcibly();
        try {
            running.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the server to say something on a command; a minute at most. */
    void await(String wanted, String... command) {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        String said = "";
        while (System.nanoTime() - end < 0) {
            said = String.valueOf(call(command));
            if (said.contains(wanted)) {
                return;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new IllegalStateException(this + " did not say '" + wanted + "' but: " + said);
    }

    private File log() {
        return folder.resolve("redis.log").toFile();
    }

    @Override
    public void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(atExit);
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        String state = process == null ? "down" : paused ? "paused" : "up";
        return String.format(Locale.ROOT, "RedisServer[%d, %s]", port, state);
    }
}
