package io.distsync.backend.redis;

import io.distsync.backend.support.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The Lua scripts of one backend. Each incarnation of a server gets a text of its own, with its name in it: a server that
 * was restarted or promoted does not know the text made for another one, and says so.
 */
final class Scripts {

    /** What a script is for; the resource has the same name. */
    enum Kind {
        COMMIT,
        PUT,
        QUEUE,
        READ,
        PAGE,
        HISTORY,
        KEEPALIVE,
        RENEW,
        SWEEP,
        DUE,
        OUTBOX;

        /** Whether it applies commits. */
        boolean commits() {
            return this == COMMIT || this == PUT || this == QUEUE;
        }

        private String resource() {
            return name().toLowerCase(Locale.ROOT) + ".lua";
        }
    }

    /**
     * A script as one incarnation knows it.
     *
     * @param digest what EVALSHA calls it by
     */
    record Script(String text, String digest) {}

    /** Those that do not begin with what the others share. */
    private static final Set<Kind> STAND_ALONE =
            EnumSet.of(Kind.PUT, Kind.QUEUE, Kind.PAGE, Kind.RENEW, Kind.DUE, Kind.OUTBOX);

    /** The numbers from 0 to 255: looking them up is cheaper than formatting. */
    private static final String HEX =
            IntStream.range(0, 256).mapToObj("%02x"::formatted).collect(Collectors.joining());

    private final Map<Kind, String> texts = new EnumMap<>(Kind.class);

    /**
     * @param prefix put before every key
     * @param channel put before the tag of every channel
     * @param sharded whether channels belong to shards
     * @param broadcast whether another system carries changes to followers; lines that are for that case only, or for the
     *     other one, say so at their end
     * @param seam changes the texts; for tests that move the server's clock
     */
    Scripts(String prefix, String channel, boolean sharded, boolean broadcast, UnaryOperator<String> seam) {
        Pattern foreign = Pattern.compile("(?m)^.* -- @" + (broadcast ? "channel" : "broadcast") + "\n");
        String shared = load("topic.lua");
        for (Kind kind : Kind.values()) {
            String text = foreign.matcher((STAND_ALONE.contains(kind) ? "" : shared) + load(kind.resource()))
                    .replaceAll("");
            texts.put(
                    kind,
                    seam.apply(text.replace("@prefix@", prefix)
                            .replace("@channel@", channel)
                            .replace("@hex@", HEX)
                            .replace("@publish@", sharded ? "SPUBLISH" : "PUBLISH")
                            .replace("@followed@", sharded ? "SHARDNUMSUB" : "NUMSUB")));
        }
    }

    /** The scripts for one incarnation of a server. */
    Map<Kind, Script> forIncarnation(String incarnation) {
        if (!incarnation.matches("[A-Za-z0-9-]+")) {
            throw new MalformedDataException("no incarnation of a server: '" + incarnation + "'");
        }
        Map<Kind, Script> scripts = new EnumMap<>(Kind.class);
        texts.forEach((kind, text) -> {
            String own =
                    text.replace("@incarnation@", incarnation).replace("@pattern@", incarnation.replace("-", "%-"));
            byte[] hash = Sha1.of(own.getBytes(StandardCharsets.UTF_8));
            scripts.put(kind, new Script(own, HexFormat.of().formatHex(hash)));
        });
        return scripts;
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
