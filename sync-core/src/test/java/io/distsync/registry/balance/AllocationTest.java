package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.distsync.registry.ServiceInstance;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What this thread allocates while it chooses, as the JVM counts it. */
class AllocationTest {

    private static final int CHOICES = 20_000;
    private static final int BYTES_OF_THE_SMALLEST_OBJECT = 8;

    @ParameterizedTest
    @MethodSource("io.distsync.registry.balance.StrategiesTest#everyStrategy")
    @DisplayName("R32: a choice allocates nothing")
    void nothing(StrategiesTest.Named named) {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean bean
                && bean.isThreadAllocatedMemorySupported());
        List<ServiceInstance> instances = Fleet.of(1_000);
        Balancer balancer = Balancer.of(() -> instances, named.strategy());
        choose(balancer); // makes tables, loads classes

        // Less than one object for each choice: what the JVM itself may allocate meanwhile does not come to that.
        assertThat(allocatedBy(() -> choose(balancer))).isLessThan((long) CHOICES * BYTES_OF_THE_SMALLEST_OBJECT / 10);
    }

    private static long allocatedBy(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(self);
        work.run();
        return threads.getThreadAllocatedBytes(self) - before;
    }

    private static void choose(Balancer balancer) {
        for (int i = 0; i < CHOICES / 2; i++) {
            assertThatOneWasChosen(balancer.choose());
            assertThatOneWasChosen(balancer.choose("order:4711"));
        }
    }

    private static void assertThatOneWasChosen(@Nullable ServiceInstance instance) {
        if (instance == null) {
            throw new AssertionError("none was chosen");
        }
    }
}
