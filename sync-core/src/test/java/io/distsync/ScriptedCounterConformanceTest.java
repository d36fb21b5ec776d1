package io.distsync;

import io.distsync.counter.CounterConformance;

/** Counters on a store that lies behind a connection: feeds lag, connections break. */
class ScriptedCounterConformanceTest extends CounterConformance {

    @Override
    protected ServiceFixture createFixture() {
        return new ScriptedFixture();
    }
}
