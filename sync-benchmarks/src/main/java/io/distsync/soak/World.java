package io.distsync.soak;

import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.UndecodableStateException;
import io.distsync.lease.FencingToken;
import io.distsync.soak.Holders.Holder;
import io.distsync.soak.Tally.End;
import io.distsync.version.Version;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What everybody in a run shares: the servers, and what is known of the truth besides what the store says. */
final class World {

    /*
     * Threads. Everything here is concurrent.
     */

    private final Plan plan;
    private final Site site;
    private final Alarm alarm = new Alarm();
    private final Tally operations = new Tally();
    private final Tally faults = new Tally();
    private final Tally told = new Tally();
    private final Map<String, Sum> sums = new ConcurrentHashMap<>();
    private final Map<String, Holders> holders = new ConcurrentHashMap<>();
    private final Map<String, AtomicReference<Version>> newest = new ConcurrentHashMap<>();

    World(Plan plan, Site site) {
        this.plan = plan;
        this.site = site;
    }

    /** Something a worker does. */
    interface Action {
        void run() throws InterruptedException;
    }

    Plan plan() {
        return plan;
    }

    Site site() {
        return site;
    }

    Alarm alarm() {
        return alarm;
    }

    Tally operations() {
        return operations;
    }

    Tally faults() {
        return faults;
    }

    /** What listeners were told, by what it was. */
    Tally told() {
        return told;
    }

    /** Does something, and sees how it ends; what no caller is told to expect ends the run. */
    End act(String kind, Action action) throws InterruptedException {
        End end;
        try {
            action.run();
            end = End.DONE;
        } catch (RejectedException | UndecodableStateException e) {
            alarm.raise(kind, e);
            end = End.NOT_APPLIED;
        } catch (NotAppliedException e) {
            end = End.NOT_APPLIED;
        } catch (OutcomeUnknownException e) {
            end = End.UNKNOWN;
        } catch (RuntimeException | Error e) {
            alarm.raise(kind, e);
            end = End.UNKNOWN;
        }
        operations.add(kind, end);
        return end;
    }

    /** Counts something up, in the store and here. */
    void count(String kind, String name, Action action) throws InterruptedException {
        Sum sum = sum(name);
        sum.begin();
        switch (act(kind, action)) {
            case DONE -> sum.acknowledge();
            case NOT_APPLIED -> sum.refuse();
            case UNKNOWN -> {} // one more or not
        }
    }

    Sum sum(String name) {
        return sums.computeIfAbsent(name, Sum::new);
    }

    Holders holders(String name, int most) {
        return holders.computeIfAbsent(name, same -> new Holders(same, most));
    }

    /** Somebody was told that he holds something. */
    Holder enter(Holders of, Holder holder, @Nullable FencingToken token) {
        String wrong = of.enter(holder, token);
        if (wrong != null) {
            alarm.raise(wrong);
        }
        return holder;
    }

    /** The newest version of a topic that anybody was told by the store. */
    Version newest(String topic) {
        return Objects.requireNonNull(known(topic).get());
    }

    /**
     * A version the store has told of a topic.
     *
     * @param least what was known before the store was asked
     */
    void told(String topic, Version least, Version version) {
        if (least.isNewerThan(version)) {
            alarm.raise("topic '" + topic + "' was at " + least + ", and is at " + version + " afterwards");
        }
        known(topic).accumulateAndGet(version, (one, other) -> other.isNewerThan(one) ? other : one);
    }

    private AtomicReference<Version> known(String topic) {
        return newest.computeIfAbsent(topic, same -> new AtomicReference<>(Version.ABSENT));
    }
}
