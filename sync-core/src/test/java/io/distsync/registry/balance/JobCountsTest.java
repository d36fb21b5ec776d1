package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.registry.ServiceInstance;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class JobCountsTest {

    private final InProcessJobCounts counts = new InProcessJobCounts();
    private final ServiceInstance one = Fleet.instance("one");
    private final ServiceInstance other = Fleet.instance("other");

    @Test
    @DisplayName("R28: a job is counted from its beginning to its end, at its instance and in all")
    void counted() {
        IntSupplier atOne = counts.of(one);
        JobCounts.Job first = counts.begin(one);
        JobCounts.Job second = counts.begin(one);
        JobCounts.Job third = counts.begin(other);
        assertThat(atOne.getAsInt()).isEqualTo(2);
        assertThat(counts.of(other).getAsInt()).isEqualTo(1);
        assertThat(counts.total()).isEqualTo(3);

        first.close();
        second.close();
        third.close();
        assertThat(atOne.getAsInt()).isZero();
        assertThat(counts.total()).isZero();
    }

    @Test
    @DisplayName("R28: a job that is ended twice ends once")
    void endedTwice() {
        JobCounts.Job job = counts.begin(one);
        JobCounts.Job another = counts.begin(one);
        job.close();
        job.close();
        assertThat(counts.of(one).getAsInt()).isEqualTo(1);
        assertThat(counts.total()).isEqualTo(1);
        another.close();
    }

    @Test
    @DisplayName("R28: an instance that is registered anew in mid-job has the jobs it had, until they end")
    void registeredAnew() {
        JobCounts.Job job = counts.begin(one);
        IntSupplier again = counts.of(one.withWeight(7).withMetadata(Map.of("version", "2")));
        assertThat(again.getAsInt()).isEqualTo(1);
        job.close();
        assertThat(again.getAsInt()).isZero();
    }

    @Test
    @DisplayName("R28: jobs that threads begin and end together are counted exactly")
    void manyThreads() throws InterruptedException {
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(i -> new Thread(() -> {
                    for (int job = 0; job < 20_000; job++) {
                        JobCounts.Job stays = counts.begin(job % 2 == 0 ? one : other);
                        if (job >= 10) {
                            stays.close();
                        }
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(20_000);
        }
        assertThat(counts.of(one).getAsInt()).isEqualTo(20);
        assertThat(counts.of(other).getAsInt()).isEqualTo(20);
        assertThat(counts.total()).isEqualTo(40);
    }

    @Test
    @DisplayName("R28: threads that begin the first job of an instance together count on the same counter")
    void firstJobs() throws InterruptedException {
        List<ServiceInstance> instances = Fleet.of(20_000);
        Queue<JobCounts.Job> jobs = new ConcurrentLinkedQueue<>();
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(i -> new Thread(() -> instances.forEach(instance -> jobs.add(counts.begin(instance)))))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(20_000);
        }
        assertThat(instances).allMatch(instance -> counts.of(instance).getAsInt() == 4);
        jobs.forEach(JobCounts.Job::close);
        assertThat(counts.total()).isZero();
    }

    @Test
    @DisplayName("R31: counters of instances that nobody refers to any more are dropped")
    void dropped() {
        JobCounts.Job job = counts.begin(one);
        for (int i = 0; i < 1_000; i++) {
            counts.begin(Fleet.instance("gone" + i)).close();
        }
        await().until(() -> {
            System.gc();
            return counts.size() == 1;
        });
        assertThat(counts.of(one).getAsInt()).isEqualTo(1);
        job.close();
    }
}
