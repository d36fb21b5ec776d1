package io.distsync.backend.redis;

import io.distsync.error.BackendUnavailableException;
import io.distsync.error.RejectedException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a server says of itself: INFO, or a section of it. */
record ServerInfo(Map<String, String> fields) {

    static final String APPEND_FSYNC = "appendfsync";

    private static final int REPLICATION_ID = 16;
    private static final Pattern VERSION = Pattern.compile("^(\\d{1,6})\\.(\\d{1,6})");

    static ServerInfo parse(String info) {
        Map<String, String> fields = new HashMap<>();
        info.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0 && line.charAt(0) != '#') {
                fields.put(line.substring(0, colon), line.substring(colon + 1).trim());
            }
        });
        return new ServerInfo(fields);
    }

    static ServerInfo parse(byte[] info) {
        return parse(new String(info, StandardCharsets.UTF_8));
    }

    String runId() {
        return fields.getOrDefault("run_id", "");
    }

    String replicationId() {
        return fields.getOrDefault("master_replid", "");
    }

    boolean isPrimary() {
        return !fields.getOrDefault("role", "master").equals("slave");
    }

    /** Identity of the server's memory: another one after a restart, and after a promotion. */
    String incarnation() {
        String replication = replicationId();
        return runId() + "-" + replication.substring(0, Math.min(REPLICATION_ID, replication.length()));
    }

    /**
     * @param clustered whether the server is one of a cluster: those need the channels of shards, which came with 7.0
     * @throws RejectedException if this server is too old
     * @throws BackendUnavailableException if this server cannot serve now; another one, or this one later, may
     */
    void requireUsable(boolean clustered) {
        Matcher version = VERSION.matcher(fields.getOrDefault("redis_version", ""));
        if (version.find()) {
            int major = Integer.parseInt(version.group(1));
            int minor = Integer.parseInt(version.group(2));
            if (clustered ? major < 7 : major < 6 || (major == 6 && minor < 2)) {
                throw new RejectedException("Redis " + fields.get("redis_version") + " is too old: "
                        + (clustered ? "a cluster has to be 7.0 or newer" : "6.2 or newer is needed"));
            }
        }
        if (!isPrimary()) {
            throw new BackendUnavailableException("the server is a replica");
        }
        if (fields.getOrDefault("loading", "0").equals("1")) {
            throw new BackendUnavailableException("the server is loading its data");
        }
    }

    /** Whether the server may throw keys away that have no time to live when its memory is full. */
    boolean evictsState() {
        return fields.getOrDefault("maxmemory_policy", "noeviction").startsWith("allkeys-");
    }

    boolean hasAppendOnlyFile() {
        return fields.getOrDefault("aof_enabled", "0").equals("1");
    }

    /** With what the server says besides. */
    ServerInfo with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(fields);
        all.putAll(more);
        return new ServerInfo(all);
    }

    private String durability() {
        return hasAppendOnlyFile()
                ? "append-only file, appendfsync "
                        + fields.getOrDefault(APPEND_FSYNC, "unknown: this user may not read the configuration")
                : "snapshots at most: what was written since the last one is lost when the server is";
    }

    /** For operators; no secrets. */
    Map<String, String> details() {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("version", fields.getOrDefault("redis_version", "unknown"));
        details.put("durability", durability());
        details.put("replicas", fields.getOrDefault("connected_slaves", "0"));
        details.put("eviction", fields.getOrDefault("maxmemory_policy", "unknown"));
        return details;
    }

    @Override
    public String toString() {
        return "version " + fields.get("redis_version") + ", incarnation " + incarnation();
    }
}
