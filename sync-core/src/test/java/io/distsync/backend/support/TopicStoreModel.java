package io.distsync.backend.support;

import io.distsync.backend.Check;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a topic store has to do, said in the plainest way: a sorted map, no log, no memory, no sweeps. It copies itself
 * before each commit and knows nothing of revisions and links; those it is told.
 */
final class TopicStoreModel {

    /**
     * An entry. A due one is not there, whether or not the store has noticed.
     *
     * @param version as the store gave it
     */
    record Cell(String text, Version version, LeaseRule.@Nullable Set lease, long deadline) {}

    private final TreeMap<String, Cell> cells = new TreeMap<>();
    private final Map<String, Version> fences = new HashMap<>();
    private long now;

    void advance(long millis) {
        now += millis;
    }

    long now() {
        return now;
    }

    @Nullable
    Cell alive(String key) {
        Cell cell = cells.get(key);
        return cell == null || isDue(cell) ? null : cell;
    }

    /** The entry, due or not. */
    @Nullable
    Cell any(String key) {
        return cells.get(key);
    }

    boolean isDue(Cell cell) {
        return cell.deadline() <= now;
    }

    Map<String, Cell> allAlive() {
        TreeMap<String, Cell> alive = new TreeMap<>(cells);
        alive.values().removeIf(this::isDue);
        return alive;
    }

    void expired(String key) {
        cells.remove(key);
    }

    boolean keepAlive(String key, String id) {
        Cell cell = alive(key);
        if (cell == null || cell.lease() == null || !cell.lease().id().equals(id)) {
            return false;
        }
        cells.put(key, leased(cell.text(), cell.version(), cell.lease()));
        return true;
    }

    List<Check> failing(List<Check> checks) {
        List<Check> failing = new ArrayList<>();
        for (Check check : checks) {
            boolean holds;
            if (check instanceof Check.VersionIs is) {
                Cell cell = alive(is.key());
                holds = is.version().equals(cell == null ? Version.ABSENT : cell.version());
            } else if (check instanceof Check.Exists exists) {
                holds = alive(exists.key()) != null;
            } else {
                Check.Fence fence = (Check.Fence) check;
                Version highest = fences.getOrDefault(fence.name(), Version.ABSENT);
                holds = !highest.isNewerThan(fence.token());
            }
            if (!holds) {
                failing.add(check);
            }
        }
        return failing;
    }

    void raise(List<Check> checks) {
        for (Check check : checks) {
            if (check instanceof Check.Fence fence) {
                fences.merge(fence.name(), fence.token(), (a, b) -> a.isNewerThan(b) ? a : b);
            }
        }
    }

    /** What each mutation will write, by key; null stands for a removal. Null as a whole if the commit is rejected. */
    @Nullable
    List<Effect> foretell(List<Mutation> mutations) {
        Map<String, @Nullable String> texts = new HashMap<>();
        allAlive().forEach((key, cell) -> texts.put(key, cell.text()));
        List<Effect> effects = new ArrayList<>();
        for (Mutation mutation : mutations) {
            if (mutation instanceof Mutation.Put put) {
                texts.put(put.key(), text(put.payload()));
                effects.add(new Effect(put.key(), text(put.payload()), true));
            } else if (mutation instanceof Mutation.Delete delete) {
                boolean present = texts.remove(delete.key()) != null;
                effects.add(new Effect(delete.key(), null, present));
            } else if (mutation instanceof Mutation.Add add) {
                String sum = sum(texts.get(add.key()), add.delta());
                if (sum == null) {
                    return null;
                }
                texts.put(add.key(), sum);
                effects.add(new Effect(add.key(), sum, true));
            } else {
                Mutation.PutSequential put = (Mutation.PutSequential) mutation;
                effects.add(new Effect(put.prefix(), text(put.payload()), true));
            }
        }
        return effects;
    }

    /** What a mutation does; the key of a sequential one is its prefix. */
    record Effect(String key, @Nullable String text, boolean hasEffect) {}

    /** Writes what a mutation wrote. */
    void write(String key, String text, Version version, LeaseRule rule) {
        Cell before = alive(key);
        if (rule instanceof LeaseRule.Set set) {
            cells.put(key, leased(text, version, set));
        } else if (rule instanceof LeaseRule.Keep && before != null) {
            cells.put(key, new Cell(text, version, before.lease(), before.deadline()));
        } else {
            cells.put(key, new Cell(text, version, null, Long.MAX_VALUE));
        }
    }

    void remove(String key) {
        cells.remove(key);
    }

    private Cell leased(String text, Version version, LeaseRule.Set lease) {
        return new Cell(text, version, lease, now + lease.ttlMillis());
    }

    private static @Nullable String sum(@Nullable String text, long delta) {
        try {
            long sum = Math.addExact(text == null ? 0 : Long.parseLong(text), delta);
            return sum > Limits.MAX_INTEGER || sum < -Limits.MAX_INTEGER ? null : String.valueOf(sum);
        } catch (NumberFormatException | ArithmeticException e) {
            return null;
        }
    }

    static String text(Payload payload) {
        return new String(payload.bytes(), StandardCharsets.UTF_8);
    }
}
