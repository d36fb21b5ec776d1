package io.distsync.soak;

import io.distsync.CommitOutcome;
import io.distsync.LeaseOptions;
import io.distsync.MapEntry;
import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.soak.Worker.Job;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Maps: commits of several entries, leases, sequential keys, and what follows them. */
final class MapWork {

    private static final Duration SESSION = Duration.ofSeconds(3);
    private static final int SESSIONS = 5;

    private final World world;
    private final Member member;
    private final Random random;
    private final Keeper keeper;
    private final List<Lease> mine = new ArrayList<>();

    MapWork(World world, Member member, Random random, Keeper keeper) {
        this.world = world;
        this.member = member;
        this.random = random;
        this.keeper = keeper;
    }

    List<Job> jobs() {
        return List.of(
                new Job(6, this::transfer),
                new Job(3, this::balance),
                new Job(3, () -> entry(Integer.toString(random.nextInt(Names.ACCOUNTS)))),
                new Job(6, this::session),
                new Job(3, this::line),
                new Job(2, this::document),
                new Job(2, this::follow));
    }

    private void transfer() throws InterruptedException {
        world.act("commit of two entries", () -> {
            int amount = 1 + random.nextInt(100);
            String from = "a" + random.nextInt(Names.ACCOUNTS);
            String to = "b" + random.nextInt(Names.ACCOUNTS);
            Version least = world.newest(Names.BALANCES.name());
            CommitOutcome<Long> outcome =
                    member.balances().commit(commit -> commit.add(from, -amount).add(to, amount));
            if (outcome instanceof CommitOutcome.Committed<Long> committed) {
                world.told(
                        Names.BALANCES.name(),
                        least,
                        committed.written().get(1).versioned().version());
            } else {
                world.alarm().raise("a commit without a check was refused: " + outcome);
            }
        });
    }

    /** What is given is taken, in every commit; so it is in every page. */
    private void balance() throws InterruptedException {
        world.act("read of a page", () -> {
            Range all = new Range("", null, 3 * Names.ACCOUNTS, Order.ASCENDING);
            long sum = member.balances().read(all).entries().stream()
                    .mapToLong(MapEntry::value)
                    .sum();
            if (sum != 0) {
                world.alarm().raise(member + ": the balances of a page add up to " + sum);
            }
        });
    }

    private void entry(String key) throws InterruptedException {
        String name = Names.ENTRIES.name() + "/" + key;
        if (random.nextBoolean()) {
            world.count("update of an entry", name, () -> {
                var unused = member.entries().update(key, value -> value + 1);
            });
        } else {
            world.count("add to an entry", name, () -> {
                var unused = member.entries().commit(commit -> commit.add(key, 1));
            });
        }
    }

    /** Entries that expire: some are kept alive, some removed, some left to themselves. */
    private void session() throws InterruptedException {
        if (mine.size() < SESSIONS) {
            Lease lease = new Lease(
                    Names.SESSIONS.name(),
                    UUID.randomUUID().toString(),
                    UUID.randomUUID().toString());
            world.act("put with a lease", () -> {
                var unused = member.sessions().put(lease.key(), "here", LeaseOptions.lease(lease.id(), SESSION));
                mine.add(lease);
            });
            return;
        }
        switch (random.nextInt(4)) {
            case 0 -> {
                Lease lease = mine.remove(random.nextInt(mine.size()));
                world.act("remove", () -> {
                    boolean unused = member.sessions().remove(lease.key());
                });
            }
            case 1 -> {
                var unused = mine.remove(0); // expires
            }
            default ->
                world.act("keepAlive", () -> mine.removeAll(member.sessions().keepAlive(mine)));
        }
    }

    private void line() throws InterruptedException {
        world.act("put under a sequential key", () -> {
            CommitOutcome<String> outcome = member.line()
                    .commit(commit -> commit.putSequential("at/", member.toString(), LeaseOptions.ttl(SESSION))
                            .select(Selection.first("at/", 1)));
            if (outcome instanceof CommitOutcome.Committed<String> committed && random.nextInt(4) > 0) {
                boolean unused = member.line().remove(committed.written().get(0).key());
            }
        });
    }

    private void document() throws InterruptedException {
        world.act("put of a large entry", () -> {
            var unused = member.texts()
                    .put("d" + random.nextInt(Names.DOCUMENTS), "y".repeat(1_000 + random.nextInt(8_000)));
        });
    }

    private void follow() throws InterruptedException {
        world.act("map followed", () -> {
            switch (random.nextInt(3)) {
                case 0 -> {
                    var log = member.entries()
                            .follow(Scope.log(), Version.ABSENT, new MapWitness<>(world, member + ", log"));
                    keeper.keep(log::close);
                }
                case 1 -> {
                    var keys = member.texts()
                            .follow(
                                    Scope.keys(Set.of("d0", "d1")),
                                    Version.ABSENT,
                                    new MapWitness<>(world, member + ", keys"));
                    keeper.keep(keys::close);
                }
                default -> {
                    var all = member.sessions()
                            .follow(Scope.entries(), Version.ABSENT, new MapWitness<>(world, member + ", entries"));
                    keeper.keep(all::close);
                }
            }
        });
    }
}
