package io.distsync.election;

import io.distsync.Versioned;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who leads and who waits, as of one change of the topic.
 *
 * @param head the change; the entries may be newer, never older
 * @param leader {@code null} if there is none
 * @param line who waits, in the order in which they are elected: higher priorities first, among equals who came first
 */
record Succession(Version head, @Nullable Place leader, List<Place> line) {

    static final String LEADER = "leader";
    static final String LINE = "candidate/";

    private static final Comparator<Place> ORDER = Comparator.comparing(
                    (Place place) -> -(long) place.member.priority())
            .thenComparing(Place::version);

    static final Succession EMPTY = new Succession(Version.ABSENT, null, List.of());

    /**
     * An entry.
     *
     * @param seenAt when this process first saw it, by its monotonic clock
     */
    record Place(Version version, Member member, long seenAt) {}

    Succession {
        line = line.stream().sorted(ORDER).toList();
    }

    /** The entries of a topic; what was known before keeps the time at which it was first seen. */
    static Succession of(Version head, Map<String, Versioned<Member>> entries, Succession before, long now) {
        Place leader = null;
        List<Place> line = new ArrayList<>();
        for (Map.Entry<String, Versioned<Member>> entry : entries.entrySet()) {
            Versioned<Member> stored = entry.getValue();
            if (entry.getKey().equals(LEADER)) {
                leader = new Place(stored.version(), stored.value(), now);
            } else if (entry.getKey().startsWith(LINE)) {
                long seenAt = before.line.stream()
                        .filter(known -> known.version.equals(stored.version()))
                        .findAny()
                        .map(Place::seenAt)
                        .orElse(now);
                line.add(new Place(stored.version(), stored.value(), seenAt));
            }
        }
        return new Succession(head, leader, line);
    }

    /** The key under which a candidate waits. */
    static String key(String id) {
        return LINE + id;
    }

    Optional<Place> waiting(String id) {
        return line.stream().filter(place -> place.member.id().equals(id)).findAny();
    }

    boolean isLedBy(String id) {
        return leader != null && leader.member.id().equals(id);
    }
}
