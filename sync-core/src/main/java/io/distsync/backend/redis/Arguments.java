package io.distsync.backend.redis;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Selection;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.support.HeaderText;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.VersionText;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;

/** The arguments of the scripts, in the order their heads describe. */
final class Arguments {

    private static final byte[] ZERO = {'0'};
    private static final byte[] ONE = {'1'};
    private static final byte[] EMPTY = {};

    private final List<byte[]> list;

    private Arguments(int expected) {
        list = new ArrayList<>(expected);
    }

    static byte[][] commit(Commit commit) {
        Arguments content = content(commit);
        Arguments arguments = new Arguments(content.list.size() + 17);
        arguments.addRequest(commit, content);
        arguments.add(commit.options());
        arguments.list.add(headers(commit));
        arguments.list.addAll(content.list);
        arguments.add(commit.selection());
        return arguments.toArray();
    }

    /** Of a commit that only puts, compares versions and selects nothing. */
    static byte[][] put(Commit commit) {
        boolean logsPayloads = commit.options().logPayloads();
        List<Mutation> puts = commit.mutations();
        Map<String, Integer> lastPuts = new LinkedHashMap<>();
        for (int i = 0; i < puts.size(); i++) {
            lastPuts.put(((Mutation.Put) puts.get(i)).key(), i);
        }
        byte[] headers = headers(commit);
        MessagePack.Pieces logged = new MessagePack.Pieces(2 * puts.size() + (headers.length > 0 ? 1 : 0));
        List<byte[]> values = new ArrayList<>(0);
        Map<String, Integer> valuesAt = new HashMap<>();
        for (int i = 0; i < puts.size(); i++) {
            Mutation.Put put = (Mutation.Put) puts.get(i);
            byte[] payload = put.payload().bytes();
            boolean isLast = Objects.equals(lastPuts.get(put.key()), i);
            logged.add(KeyText.encode(put.key()));
            if (logsPayloads && isLast) {
                valuesAt.put(put.key(), logged.addApart(payload));
            } else {
                logged.add(logsPayloads ? payload : EMPTY);
            }
            if (!logsPayloads && isLast) {
                valuesAt.put(put.key(), values.size());
                values.add(payload);
            }
        }
        if (headers.length > 0) {
            logged.add(headers);
        }
        values.addAll(logged.end());
        int firstValue = 11 + 3 * lastPuts.size() + 2 * commit.checks().size(); // Lua counts from 1
        Arguments arguments = new Arguments(firstValue + values.size());
        arguments.addRequest(commit, content(commit));
        arguments.add(retained(commit.options()));
        arguments.add((logsPayloads ? "W" : "K").repeat(puts.size()));
        arguments.add(logged.count());
        arguments.add(lastPuts.size());
        lastPuts.forEach((key, place) -> {
            arguments.add(key);
            arguments.add(place + 1);
            arguments.add(firstValue + Objects.requireNonNull(valuesAt.get(key)));
        });
        arguments.add(commit.checks().size());
        for (Check check : commit.checks()) {
            Check.VersionIs versionIs = (Check.VersionIs) check;
            arguments.add(versionIs.key());
            arguments.list.add(VersionText.bytes(versionIs.version()));
        }
        arguments.list.addAll(values);
        return arguments.toArray();
    }

    /** Of a commit that is common for a queue: those who leave, and those who come. */
    static byte[][] queue(Commit commit) {
        List<Mutation> mutations = commit.mutations();
        int deletions = commit.checks().size();
        Arguments arguments = new Arguments(13 + 3 * mutations.size());
        arguments.addRequest(commit, content(commit));
        arguments.add(retained(commit.options()));
        arguments.add(idle(commit.options()));
        arguments.add(commit.options().logPayloads() ? "W" : "K");
        if (commit.selection() instanceof Selection.Range range) {
            arguments.addEnds(range);
        } else {
            arguments.list.addAll(List.of(EMPTY, EMPTY, ZERO));
        }
        arguments.add(deletions < mutations.size() ? ((Mutation.PutSequential) mutations.get(deletions)).prefix() : "");
        arguments.add(deletions);
        for (Check check : commit.checks()) {
            arguments.add(((Check.VersionIs) check).key());
            arguments.list.add(VersionText.bytes(((Check.VersionIs) check).version()));
        }
        for (Mutation mutation : mutations.subList(deletions, mutations.size())) {
            Mutation.PutSequential put = (Mutation.PutSequential) mutation;
            LeaseRule.Set lease = (LeaseRule.Set) put.lease();
            arguments.list.add(put.payload().bytes());
            arguments.add(lease.ttlMillis());
            arguments.add(lease.id());
        }
        byte[] headers = headers(commit);
        if (headers.length > 0) {
            arguments.list.add(headers);
        }
        return arguments.toArray();
    }

    private static byte[] headers(Commit commit) {
        return commit.headers().isEmpty() ? EMPTY : HeaderText.bytes(commit.headers());
    }

    /** What the commit is about: checks and mutations. */
    private static Arguments content(Commit commit) {
        Arguments content = new Arguments(
                2 + 3 * commit.checks().size() + 3 * commit.mutations().size());
        content.add(commit.checks().size());
        commit.checks().forEach(content::add);
        content.add(commit.mutations().size());
        commit.mutations().forEach(content::add);
        return content;
    }

    private void addRequest(Commit commit, Arguments content) {
        add(commit.topic());
        add(commit.request().toString());
        list.add(content.digest());
        add(commit.known().epoch());
        add(commit.known().revision());
    }

    static byte[][] read(String topic, Selection selection) {
        Arguments arguments = new Arguments(8);
        arguments.add(topic);
        arguments.add(selection);
        return arguments.toArray();
    }

    /** Of a read that is common. */
    static byte[][] page(String topic, Selection selection) {
        Arguments arguments = new Arguments(8);
        arguments.add(topic);
        if (selection instanceof Selection.Range range) {
            arguments.add("r");
            arguments.addWay(range);
        } else {
            arguments.add("k");
            ((Selection.Keys) selection).keys().forEach(arguments::add);
        }
        return arguments.toArray();
    }

    static byte[][] history(String topic, Version after, int limit) {
        Arguments arguments = new Arguments(5);
        arguments.add(topic);
        arguments.add(after.epoch());
        arguments.add(after.revision());
        arguments.list.add(VersionText.bytes(after));
        arguments.add(limit);
        return arguments.toArray();
    }

    static byte[][] renew(List<Lease> leases) {
        Arguments arguments = new Arguments(3 * leases.size());
        for (Lease lease : leases) {
            arguments.add(lease.topic());
            arguments.add(lease.key());
            arguments.add(lease.id());
        }
        return arguments.toArray();
    }

    /** @param leases all of the topic */
    static byte[][] keepAlive(String topic, List<Lease> leases) {
        Arguments arguments = new Arguments(1 + 2 * leases.size());
        arguments.add(topic);
        for (Lease lease : leases) {
            arguments.add(lease.key());
            arguments.add(lease.id());
        }
        return arguments.toArray();
    }

    /** @param absence how long nobody has to follow an idle topic before it is dropped */
    static byte[][] sweep(String topic, Duration absence) {
        return new byte[][] {KeyText.encode(topic), ascii(absence.toMillis())};
    }

    private void add(TopicOptions options) {
        add(retained(options));
        add(options.retention().ageMillis());
        list.add(options.logPayloads() ? ONE : ZERO);
        add(idle(options));
    }

    private static long idle(TopicOptions options) {
        return options.idleMillis() == Long.MAX_VALUE ? 0 : options.idleMillis();
    }

    private static long retained(TopicOptions options) {
        long changes = options.retention().changes();
        return changes == Long.MAX_VALUE ? 0 : changes;
    }

    private void add(Check check) {
        if (check instanceof Check.VersionIs versionIs) {
            add("v");
            add(versionIs.key());
            list.add(VersionText.bytes(versionIs.version()));
        } else if (check instanceof Check.Exists exists) {
            add("x");
            add(exists.key());
            list.add(EMPTY);
        } else {
            Check.Fence fence = (Check.Fence) check;
            add("f");
            add(fence.name());
            list.add(VersionText.bytes(fence.token()));
        }
    }

    private void add(Mutation mutation) {
        if (mutation instanceof Mutation.Put put) {
            addWrite('p', put.key(), put.payload().bytes(), put.lease());
        } else if (mutation instanceof Mutation.PutSequential put) {
            addWrite('s', put.prefix(), put.payload().bytes(), put.lease());
        } else if (mutation instanceof Mutation.Add add) {
            addWrite('a', add.key(), ascii(add.delta()), add.lease());
        } else {
            add("d");
            add(((Mutation.Delete) mutation).key());
        }
    }

    private void addWrite(char kind, String key, byte[] value, LeaseRule rule) {
        char letter = rule instanceof LeaseRule.Set ? 's' : rule instanceof LeaseRule.Keep ? 'k' : 'n';
        list.add(new byte[] {(byte) kind, (byte) letter});
        add(key);
        list.add(value);
        if (rule instanceof LeaseRule.Set set) {
            add(set.ttlMillis());
            add(set.id());
        }
    }

    private void add(Selection selection) {
        if (selection instanceof Selection.Range range) {
            add(range);
            return;
        }
        List<String> keys = ((Selection.Keys) selection).keys();
        if (keys.isEmpty()) {
            add("n");
            return;
        }
        add("k");
        add(keys.size());
        keys.forEach(this::add);
    }

    private void add(Selection.Range range) {
        boolean down = range.order() == Selection.Order.DESCENDING;
        add("r");
        list.add(lowest(range));
        list.add(highest(range));
        add(range.limit());
        add(down ? "d" : "a");
        String after = range.after();
        boolean emptyKey = range.prefix().isEmpty() && (after == null || (down && !after.isEmpty()));
        list.add(emptyKey ? ONE : ZERO);
    }

    /** How the store finds it: command, both ends in its order, limit. */
    private void addWay(Selection.Range range) {
        add(range.order() == Selection.Order.DESCENDING ? "ZREVRANGEBYLEX" : "ZRANGEBYLEX");
        addEnds(range);
    }

    private void addEnds(Selection.Range range) {
        boolean down = range.order() == Selection.Order.DESCENDING;
        list.add(down ? highest(range) : lowest(range));
        list.add(down ? lowest(range) : highest(range));
        add(range.limit());
    }

    private static byte[] lowest(Selection.Range range) {
        String prefix = range.prefix();
        String after = range.after();
        boolean up = range.order() == Selection.Order.ASCENDING;
        return up && after != null && after.compareTo(prefix) >= 0
                ? bound('(', KeyText.encode(after))
                : prefix.isEmpty() ? ascii("-") : bound('[', KeyText.encode(prefix));
    }

    /** No byte of a key is 0xFF: what follows the prefix with it follows everything that begins with the prefix. */
    private static byte[] highest(Selection.Range range) {
        String prefix = range.prefix();
        String after = range.after();
        boolean down = range.order() == Selection.Order.DESCENDING;
        if (down && after != null && (after.startsWith(prefix) || after.compareTo(prefix) < 0)) {
            return bound('(', KeyText.encode(after));
        }
        return prefix.isEmpty() ? ascii("+") : bound('(', KeyText.encode(prefix), (byte) 0xFF);
    }

    private static byte[] bound(char kind, byte[] text, byte... more) {
        byte[] bound = new byte[1 + text.length + more.length];
        bound[0] = (byte) kind;
        System.arraycopy(text, 0, bound, 1, text.length);
        System.arraycopy(more, 0, bound, 1 + text.length, more.length);
        return bound;
    }

    /** Tells this content from another one that carries the same request id by mistake. */
    private byte[] digest() {
        CRC32C crc = new CRC32C();
        long bytes = 0;
        for (byte[] argument : list) {
            crc.update(argument);
            crc.update(argument.length);
            bytes += argument.length;
        }
        return ascii(Long.toHexString(crc.getValue()) + "." + bytes);
    }

    private void add(String text) {
        list.add(KeyText.encode(text));
    }

    private void add(long number) {
        list.add(ascii(number));
    }

    static byte[] ascii(long number) {
        return ascii(Long.toString(number));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private byte[][] toArray() {
        return list.toArray(byte[][]::new);
    }
}
