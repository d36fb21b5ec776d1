package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.counter.LeasedCounter;
import io.distsync.counter.SyncCounter;
import io.distsync.counter.SyncCounters;
import io.distsync.semaphore.Permit;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of docs/counters.md and docs/semaphores.md. */
class CounterExamplesTest {

    private final SyncService service = SyncService.local();
    private final List<String> exportedOrders = new ArrayList<>();

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void whatHasHappened() {
        SyncCounters counters = SyncCounters.using(service);
        SyncCounter orders = counters.counter("orders");
        long number = orders.increment();

        assertThat(number).isEqualTo(1);
        counters.close();
    }

    @Test
    void whatIsGoingOn() {
        SyncCounters counters = SyncCounters.using(service);

        LeasedCounter jobs = counters.leased("jobs");
        jobs.add("printer-1", 1);
        long everywhere = jobs.total("printer-1");
        jobs.add("printer-1", -1);

        assertThat(everywhere).isEqualTo(1);
        assertThat(jobs.total("printer-1")).isZero();
        counters.close();
    }

    @Test
    void permits() {
        SyncSemaphores semaphores = SyncSemaphores.using(service);
        SyncSemaphore exports = semaphores.semaphore("exports", 4);
        String exported = exports.withPermit(Duration.ofSeconds(10), permit -> export("42"));

        Optional<Permit> two = exports.tryAcquire(2, Duration.ZERO);
        two.ifPresent(permit -> {
            try (permit) {
                export("43");
            }
        });

        exports.resize(8);

        assertThat(exported).isEqualTo("42");
        assertThat(exportedOrders).containsExactly("42", "43");
        assertThat(exports.availablePermits()).isEqualTo(8);
        semaphores.close();
    }

    private String export(String order) {
        exportedOrders.add(order);
        return order;
    }
}
