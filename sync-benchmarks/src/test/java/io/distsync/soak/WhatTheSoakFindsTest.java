package io.distsync.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.Delivery;
import io.distsync.Versioned;
import io.distsync.lease.FencingToken;
import io.distsync.soak.Holders.Holder;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a run would have to find: its checks see it if it is there. */
class WhatTheSoakFindsTest {

    private static final Holder VALID = new Holder(() -> true, false, 1);

    @Test
    void somethingThatGrows() {
        Reading first = Samples.reading(0, 20, 100);

        assertThat(Samples.outcome(Plan.Mode.REDIS, first, Samples.reading(60, 27, 100))
                        .isGood())
                .isTrue();
        assertThat(Samples.outcome(Plan.Mode.REDIS, first, Samples.reading(60, 29, 100))
                        .isGood())
                .isFalse();
        assertThat(Samples.outcome(Plan.Mode.REDIS, first, Samples.reading(60, 20, 101))
                        .isGood())
                .isFalse();
    }

    @Test
    void twoHolders() {
        Holders holders = new Holders("lock", 1);
        AtomicBoolean first = new AtomicBoolean(true);

        assertThat(holders.enter(new Holder(first::get, false, 1), new FencingToken(1, 1)))
                .isNull();
        assertThat(holders.enter(VALID, new FencingToken(1, 2))).contains("2 valid holders");
    }

    @Test
    void anOlderTokenOrTheSame() {
        Holders holders = new Holders("lock", 1);
        AtomicBoolean first = new AtomicBoolean(true);
        assertThat(holders.enter(new Holder(first::get, false, 1), new FencingToken(1, 2)))
                .isNull();
        first.set(false);

        assertThat(holders.enter(VALID, new FencingToken(1, 2))).contains("granted before");
        assertThat(holders.enter(new Holder(() -> false, false, 1), new FencingToken(1, 1)))
                .as("of one who was told late, and does not hold it any more")
                .isNull();
    }

    @Test
    void tooManyPermits() {
        Holders holders = new Holders("semaphore", 3);

        assertThat(holders.enter(new Holder(() -> true, false, 2), null)).isNull();
        assertThat(holders.enter(VALID, null)).isNull();
        assertThat(holders.enter(VALID, null)).contains("4 valid holders");
    }

    @Test
    void readersBesideAWriter() {
        Holders holders = new Holders("shared lock", 1);

        assertThat(holders.enter(new Holder(() -> true, true, 1), null)).isNull();
        assertThat(holders.enter(new Holder(() -> true, true, 1), null)).isNull();
        assertThat(holders.enter(VALID, null)).contains("3 valid holders");
    }

    @Test
    void sumsThatAreLostOrAddedTwice() {
        Sum sum = new Sum("counter");
        for (int i = 0; i < 5; i++) {
            sum.begin();
        }
        sum.acknowledge();
        sum.acknowledge();
        sum.refuse();

        assertThat(sum.check(() -> 1)).isNotNull();
        assertThat(sum.check(() -> 2)).isNull();
        assertThat(sum.check(() -> 4)).isNull();
        assertThat(sum.check(() -> 5)).isNotNull();
    }

    @Test
    void changesThatAreNotTold() {
        assertThat(wrong(Delivery.EVERY, 1, 2, 3)).isEmpty();
        assertThat(wrong(Delivery.LATEST, 1, 3)).isEmpty();
        assertThat(wrong(Delivery.EVERY, 1, 3)).isNotEmpty();
    }

    @Test
    void changesThatAreToldTwiceOrTooLate() {
        assertThat(wrong(Delivery.EVERY, 1, 1)).isNotEmpty();
        assertThat(wrong(Delivery.LATEST, 3, 2)).isNotEmpty();
    }

    @Test
    void aVersionThatGoesBack() {
        World world = world();
        world.told("topic", Version.ABSENT, new Version(1, 5, 0));
        assertThat(world.alarm().reasons()).isEmpty();

        world.told("topic", world.newest("topic"), new Version(1, 4, 0));

        assertThat(world.alarm().reasons()).hasSize(1);
    }

    @Test
    void anExceptionThatNobodyExpects() throws Exception {
        World world = world();

        var unused = world.act("action", () -> {
            throw new IllegalStateException("unexpected");
        });

        assertThat(world.alarm().reasons()).singleElement().asString().contains("unexpected");
    }

    private static List<String> wrong(Delivery delivery, long... revisions) {
        World world = world();
        Witness<Long> witness = new Witness<>(world, "listener", delivery, count -> count);
        for (long revision : revisions) {
            witness.onChange(new Versioned<>(revision, new Version(1, revision, 0), true));
        }
        return world.alarm().reasons();
    }

    @SuppressWarnings("NullAway") // no servers
    private static World world() {
        return new World(Plan.of(Plan.Mode.REDIS, Duration.ofMinutes(1), 1), null);
    }
}
