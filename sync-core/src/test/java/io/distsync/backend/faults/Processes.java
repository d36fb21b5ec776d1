package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes of a test, each a JVM that says what it does, to be stopped, killed and ended; what is left ends with the test. */
final class Processes implements AutoCloseable {

    /*
     * Threads. One for each process listens to it and ends with it. Calls must come one at a time; what was said may be read
     * by anybody.
     */

    private static final Logger log = LoggerFactory.getLogger(Processes.class);

    /** Tells what a process says to the test from all else it writes. */
    private static final String PROMPT = "> ";

    private final List<Said> said = new CopyOnWriteArrayList<>();
    private final List<Process> started = new ArrayList<>();
    private final List<Thread> listening = new ArrayList<>();
    private final Thread atExit = new Thread(this::kill, "processes-at-exit");

    Processes() {
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** A line some process said: what happened, to what, and what else is to be known of it. */
    record Said(long pid, String what, String about, String more) {

        boolean is(String kind, String to) {
            return what.equals(kind) && about.equals(to);
        }
    }

    /** Says a line; for the processes. What it is about must have no space. */
    static void say(String what, Object about, Object more) {
        System.out.println(PROMPT + what + " " + about + " " + more);
    }

    /** Starts another one; its id. */
    long launch(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            started.add(process);
            Thread listener = new Thread(() -> listen(process), "listening-to-" + process.pid());
            listening.add(listener);
            listener.start();
            return process.pid();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen(Process process) {
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(line -> {
                if (line.startsWith(PROMPT)) {
                    String[] words = line.substring(PROMPT.length()).split(" ", 3);
                    said.add(new Said(process.pid(), words[0], words[1], words[2]));
                } else {
                    log.debug("process {}: {}", process.pid(), line);
                }
            });
        } catch (IOException | UncheckedIOException e) {
            log.debug("process {} was ended", process.pid(), e);
        }
    }

    // --- what they said ---------------------------------------------------------------------------------------------

    /** Everything, in the order it was heard: that of each process, but not of one and another. */
    List<Said> said() {
        return said;
    }

    Stream<Said> said(String what) {
        return said.stream().filter(line -> line.what().equals(what));
    }

    /** Everything each of them said. */
    List<List<Said>> saidByEach() {
        return started.stream()
                .map(process -> said.stream()
                        .filter(line -> line.pid() == process.pid())
                        .toList())
                .toList();
    }

    long count(String what) {
        return said(what).count();
    }

    long count(String what, String about) {
        return said.stream().filter(line -> line.is(what, about)).count();
    }

    // --- what is done to them ---------------------------------------------------------------------------------------

    /** Stops it where it is: connections stay, nothing answers. */
    void pause(long pid) {
        signal(pid, "STOP");
    }

    /** Lets it go on after {@link #pause}. */
    void resume(long pid) {
        signal(pid, "CONT");
    }

    /** Ends it at once. */
    void kill(long pid) {
        signal(pid, "KILL");
    }

    /** Asks it to end: its shutdown hooks run. */
    void end(long pid) {
        signal(pid, "TERM");
    }

    boolean isAlive(long pid) {
        return started.stream().anyMatch(process -> process.pid() == pid && process.isAlive());
    }

    private void signal(long pid, String name) {
        assertThat(isAlive(pid))
                .as("process %s, to be sent %s, lives", pid, name)
                .isTrue();
        try {
            int exit = new ProcessBuilder("kill", "-" + name, String.valueOf(pid))
                    .start()
                    .waitFor();
            assertThat(exit).as("exit of kill -%s", name).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Kills all that are left, and hears out what they have said. */
    void killAll() {
        kill();
        try {
            for (Process process : started) {
                process.waitFor();
            }
            for (Thread thread : listening) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** By their handles: a process that is destroyed itself is not heard any more. */
    private void kill() {
        started.forEach(process -> process.toHandle().destroyForcibly());
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }

    @Override
    public void close() {
        killAll();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
