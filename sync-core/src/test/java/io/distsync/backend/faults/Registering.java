package io.distsync.backend.faults;

import static io.distsync.backend.faults.Processes.say;

import io.distsync.SyncService;
import io.distsync.counter.SyncCounters;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceSnapshot;
import io.distsync.registry.SyncRegistry;
import io.distsync.registry.balance.JobCounts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/**
 * A process that is registered as an instance of a service and is in the middle of jobs at others, until somebody ends it. It says
 * where its registration stands, and whom it sees.
 */
public final class Registering {

    static final String SERVICE = "orders";
    static final Duration LEASE = Duration.ofSeconds(3);

    /** What a process says of its id in the metadata of its instance. */
    static final String PID = "pid";

    private Registering() {}

    /**
     * Registers.
     *
     * @param arguments the id of the instance; the {@link #jobs} it has; then those of {@link
     *     Servers#open(List)}
     */
    public static void main(String[] arguments) throws InterruptedException {
        List<String> all = List.of(arguments);
        String id = all.get(0);
        SyncService service = SyncService.using(Servers.open(all.subList(2, all.size())));
        SyncRegistry registry = SyncRegistry.using(service);
        SyncCounters counters = counters(service);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            counters.close();
                            registry.close();
                            service.close();
                        },
                        "end"));
        registry.instances(SERVICE).onChange((before, now) -> say("SEES", id, ids(now)));
        JobCounts counts = JobCounts.shared(counters.leased(SERVICE));
        jobs(all.get(1)).forEach(target -> {
            JobCounts.Job unused = counts.begin(instance(target));
        });
        Registration registration = registry.register(
                instance(id)
                        .withMetadata(Map.of(
                                PID, String.valueOf(ProcessHandle.current().pid()))),
                RegistrationOptions.defaults().withLease(LEASE));
        registration.onStatus(status -> say("STATUS", id, status));
        new CountDownLatch(1).await();
    }

    static ServiceInstance instance(String id) {
        return ServiceInstance.of(SERVICE, "127.0.0.1", 0).withId(id);
    }

    /** The ids of those that somebody has jobs at, one for each job; with commas, may be empty. */
    static List<String> jobs(String targets) {
        return targets.isEmpty() ? List.of() : List.of(targets.split(",", -1));
    }

    static SyncCounters counters(SyncService service) {
        return SyncCounters.builder(service).lease(LEASE).build();
    }

    static String ids(ServiceSnapshot list) {
        return list.all().stream().map(ServiceInstance::id).collect(Collectors.joining(","));
    }
}
