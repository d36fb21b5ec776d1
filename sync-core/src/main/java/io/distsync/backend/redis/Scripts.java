package io.distsync.backend.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The Lua scripts, as they are sent to one incarnation of a server. */
final class Scripts {

    private static final String INCARNATION = "@incarnation@";

    private Scripts() {}

    /**
     * The script that applies a commit.
     *
     * @param incarnation identity of the server's memory: changes when it restarts or is promoted
     */
    static String commit(String incarnation) {
        if (!incarnation.matches("[A-Za-z0-9:-]+")) {
            throw new IllegalArgumentException("no incarnation of a server: '" + incarnation + "'");
        }
        return load("commit.lua").replace(INCARNATION, incarnation);
    }

    private static String load(String name) {
        try (InputStream resource = Scripts.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException("script " + name + " is missing");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
