package io.distsync.soak;

import java.util.List;
import java.util.Map;

/**
 * What came of a run.
 *
 * @param wrong what was found wrong, besides bounds
 * @param closed what was left when every service was closed; empty if nothing
 */
record Outcome(
        Plan plan,
        String store,
        Tally operations,
        Tally faults,
        Tally told,
        Map<String, Integer> threads,
        List<Reading> readings,
        List<Bound> bounds,
        List<String> closed,
        List<String> wrong) {

    boolean isGood() {
        return wrong.isEmpty()
                && closed.isEmpty()
                && !bounds.isEmpty()
                && bounds.stream().allMatch(Bound::holds);
    }
}
