package io.distsync.soak;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.version.Version;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A listener of the accounts: whatever it was told adds up to nothing, after each snapshot and after each commit. */
final class BalanceWitness extends MapWitness<Long> {

    private final Map<String, Long> balances = new HashMap<>();

    BalanceWitness(World world, String name) {
        super(world, name);
    }

    @Override
    public void onSnapshot(List<MapEntry<Long>> entries, Version head) {
        super.onSnapshot(entries, head);
        balances.clear();
        entries.forEach(entry -> balances.put(entry.key(), entry.value()));
        check(head);
    }

    @Override
    public void onChanges(List<MapChange<Long>> changes) {
        super.onChanges(changes);
        changes.forEach(change -> balances.put(change.key(), change.versioned().value()));
        check(changes.get(changes.size() - 1).versioned().version());
    }

    private void check(Version version) {
        long sum = balances.values().stream().mapToLong(Long::longValue).sum();
        if (sum != 0) {
            world().alarm().raise(name() + ": the balances add up to " + sum + " at " + version);
        }
    }
}
