package io.distsync.boot.autoconfigure;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/** The threads the library has started in this JVM. */
final class LibraryThreads {

    private LibraryThreads() {}

    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("distsync")) {
                names.add(thread.getName());
            }
        }
        return names;
    }

    static void awaitNone() {
        await().atMost(Duration.ofSeconds(20)).until(() -> names().isEmpty());
    }
}
