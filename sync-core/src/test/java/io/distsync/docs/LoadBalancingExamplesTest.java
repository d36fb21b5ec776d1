package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.registry.ServiceInstance;
import io.distsync.registry.balance.Balancer;
import io.distsync.registry.balance.Candidates;
import io.distsync.registry.balance.JobCounts;
import io.distsync.registry.balance.LoadBalancer;
import io.distsync.registry.balance.OutlierOptions;
import io.distsync.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The examples of docs/load-balancing.md. */
class LoadBalancingExamplesTest {

    private final AtomicReference<List<ServiceInstance>> instances = new AtomicReference<>(
            List.of(ServiceInstance.of("orders", "10.0.0.1", 8080), ServiceInstance.of("orders", "10.0.0.2", 8080)));

    private String get(ServiceInstance instance) throws IOException {
        if (instance.port() == 0) {
            throw new IOException("no port");
        }
        return instance.host();
    }

    private CompletableFuture<String> getAsync(ServiceInstance instance) {
        return CompletableFuture.completedFuture(instance.host());
    }

    @Test
    void call() throws IOException {
        Balancer balancer = Balancer.of(instances::get, LoadBalancer.powerOfTwoChoices(JobCounts.inProcess()));
        String order = balancer.call(instance -> get(instance));

        assertThat(order).startsWith("10.0.0.");
    }

    @Test
    void attempt() {
        Balancer balancer = Balancer.of(instances::get, LoadBalancer.consistentHash());
        Optional<CompletableFuture<String>> order = balancer.begin("order:42")
                .map(attempt -> getAsync(attempt.instance()).whenComplete((answer, failure) -> {
                    if (failure == null) {
                        attempt.succeeded();
                    } else {
                        attempt.failed();
                    }
                }));

        assertThat(order.orElseThrow()).isCompleted();
        assertThat(balancer.jobCounts().total()).isZero();
    }

    @Test
    void outliers() {
        OutlierOptions outliers = OutlierOptions.defaults()
                .withConsecutiveFailures(3)
                .withEjection(Duration.ofSeconds(10), Duration.ofMinutes(2))
                .withMaximumEjectedPercent(30)
                .withFailures(e -> e instanceof IOException);
        Balancer balancer =
                Balancer.of(instances::get, LoadBalancer.weightedRoundRobin(), outliers, TimeSource.system());

        assertThat(balancer.choose()).isNotNull();
        assertThat(balancer.ejections()).isEmpty();
    }

    @Test
    void bare() {
        LoadBalancer strategy = LoadBalancer.consistentHash();
        Candidates candidates = Candidates.of(instances.get()); // once for each list, not for each call
        ServiceInstance instance = strategy.choose(candidates, "order:42");

        assertThat(instance).isEqualTo(strategy.choose(candidates, "order:42"));
    }
}
