package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.registry.InstanceStatus;
import io.distsync.registry.ServiceInstance;
import io.distsync.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BalancerTest {

    private static final Duration BASE = Duration.ofSeconds(30);

    private final VirtualTime time = new VirtualTime();
    private final List<ServiceInstance> four = Fleet.of(4);
    private final AtomicReference<List<ServiceInstance>> present = new AtomicReference<>(four);
    private final Balancer balancer = balancer(OutlierOptions.defaults());

    private Balancer balancer(OutlierOptions options) {
        return Balancer.of(present::get, LoadBalancer.roundRobin(), options, time);
    }

    @Test
    @DisplayName("R33: a change of the instances counts from the next call on")
    void changeOfInstances() {
        present.set(List.of(four.get(2)));
        assertThat(chosen(balancer)).containsExactly("i2");
        present.set(List.of());
        assertThat(balancer.choose()).isNull();
        assertThat(balancer.choose("key")).isNull();
        assertThat(balancer.begin()).isEmpty();
        present.set(List.of(four.get(0), four.get(1).withStatus(InstanceStatus.DRAINING)));
        assertThat(chosen(balancer)).containsExactly("i0");
    }

    @Test
    @DisplayName("R33: threads that choose while instances come and go get none that was gone before")
    void changesWhileThreadsChoose() throws Exception {
        // Each list has the instances of one generation only; a choice may be of the list that was replaced during it.
        AtomicReference<List<ServiceInstance>> generation = new AtomicReference<>(generation(0));
        AtomicLong begun = new AtomicLong();
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        Balancer shared = Balancer.of(generation::get, LoadBalancer.weightedRoundRobin());
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(i -> new Thread(() -> {
                    while (begun.get() < 500) {
                        long before = begun.get();
                        ServiceInstance instance = Objects.requireNonNull(shared.choose());
                        assertThat(Long.parseLong(instance.pool())).isBetween(before - 1, begun.get() + 1);
                    }
                }))
                .toList();
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((same, e) -> wrong.set(e)));
        threads.forEach(Thread::start);
        while (begun.get() < 500) {
            generation.set(generation(begun.incrementAndGet()));
        }
        for (Thread thread : threads) {
            thread.join(20_000);
        }
        assertThat(wrong).hasNullValue();
    }

    private static List<ServiceInstance> generation(long number) {
        return Stream.of(Fleet.instance("a").withWeight(2), Fleet.instance("b"))
                .map(instance -> instance.withPool(Long.toString(number)))
                .toList();
    }

    @Test
    @DisplayName("R29: after so many failures in a row an instance is ejected, and returns when its time is over")
    void ejectedAndReturned() {
        fail(balancer, "i1", 4);
        assertThat(chosen(balancer)).hasSize(4);
        fail(balancer, "i1", 1);
        assertThat(chosen(balancer)).containsExactlyInAnyOrder("i0", "i2", "i3");
        assertThat(balancer.ejections())
                .containsExactly(new Ejection("i1", time.instant().plus(BASE), 1));

        time.advance(BASE.minusNanos(1));
        assertThat(chosen(balancer)).doesNotContain("i1");
        time.advance(Duration.ofNanos(1));
        assertThat(chosen(balancer)).hasSize(4);
        assertThat(balancer.ejections()).isEmpty();
    }

    @Test
    @DisplayName("R29: a success between failures keeps an instance from being ejected")
    void successBetween() {
        for (int i = 0; i < 10; i++) {
            fail(balancer, "i1", 4);
            attempt(balancer, "i1").succeeded();
        }
        assertThat(balancer.ejections()).isEmpty();
    }

    @Test
    @DisplayName("R29: each further ejection is longer, up to the maximum, until the former ones are forgotten")
    void longerEachTime() {
        for (int times : new int[] {1, 2, 3}) {
            fail(balancer, "i1", 5);
            Begun ejection = ejection(balancer);
            assertThat(ejection.lasts()).isEqualTo(BASE.multipliedBy(times));
            time.advance(ejection.lasts());
        }
        time.advance(BASE.multipliedBy(2));
        fail(balancer, "i1", 5);
        assertThat(ejection(balancer).lasts()).isEqualTo(BASE.multipliedBy(2));
    }

    @Test
    @DisplayName("R29: what becomes of calls that began before an ejection does not lengthen or end it")
    void lateOutcomes() {
        List<Attempt> failing =
                IntStream.range(0, 9).mapToObj(i -> attempt(balancer, "i1")).toList();
        Attempt succeeding = attempt(balancer, "i1");
        fail(balancer, "i1", 5);
        failing.forEach(Attempt::failed);
        succeeding.succeeded();
        assertThat(ejection(balancer).lasts()).isEqualTo(BASE);
        time.advance(BASE);
        fail(balancer, "i1", 4);
        assertThat(balancer.ejections()).isEmpty();
    }

    @Test
    @DisplayName("R30: no more than the given part of the instances is ejected at once")
    void notTooMany() {
        for (String id : List.of("i0", "i1", "i2", "i3")) {
            fail(balancer, id, 5);
        }
        assertThat(ejected(balancer)).containsExactly("i0", "i1");
        assertThat(chosen(balancer)).containsExactlyInAnyOrder("i2", "i3");

        time.advance(BASE);
        fail(balancer, "i2", 1);
        assertThat(ejected(balancer)).containsExactly("i2"); // it still fails, and there is room now
    }

    @Test
    @DisplayName("R30: those that are ejected and down as well leave room for others")
    void ejectedAndDown() {
        fail(balancer, "i0", 5);
        fail(balancer, "i1", 5);
        present.set(Fleet.of(6).stream()
                .map(each -> ejected(balancer).contains(each.id()) ? each.withStatus(InstanceStatus.DOWN) : each)
                .toList());
        fail(balancer, "i2", 5);
        assertThat(chosen(balancer)).containsExactlyInAnyOrder("i3", "i4", "i5");
    }

    @Test
    @DisplayName("R30: one may be ejected though it is more than the given part, but never the only one")
    void oneButNotTheOnlyOne() {
        Balancer careful = balancer(OutlierOptions.defaults().withMaximumEjectedPercent(10));
        fail(careful, "i0", 5);
        fail(careful, "i1", 5);
        assertThat(ejected(careful)).containsExactly("i0");

        present.set(four.subList(3, 4));
        fail(careful, "i3", 50);
        assertThat(careful.ejections()).isEmpty();
        assertThat(chosen(careful)).containsExactly("i3");
    }

    @Test
    @DisplayName("R30: with a part of 0 nobody is ejected")
    void nobody() {
        Balancer trusting = balancer(OutlierOptions.defaults().withMaximumEjectedPercent(0));
        fail(trusting, "i0", 100);
        assertThat(chosen(trusting)).hasSize(4);
    }

    @Test
    @DisplayName("R30: if all that take calls are ejected, none is; those that are down stay out")
    void allEjected() {
        fail(balancer, "i0", 5);
        fail(balancer, "i1", 5);
        present.set(List.of(
                four.get(0),
                four.get(1),
                four.get(2).withStatus(InstanceStatus.DOWN),
                four.get(3).withWeight(0)));
        assertThat(chosen(balancer)).containsExactlyInAnyOrder("i0", "i1");
        assertThat(ejected(balancer)).containsExactly("i0", "i1");

        present.set(four);
        assertThat(chosen(balancer)).containsExactlyInAnyOrder("i2", "i3");
    }

    @Test
    @DisplayName("R31: what was known of an instance that is gone is forgotten")
    void gone() {
        Attempt late = attempt(balancer, "i1");
        fail(balancer, "i1", 5);
        fail(balancer, "i2", 4);
        present.set(List.of(four.get(0), four.get(3)));
        assertThat(chosen(balancer)).hasSize(2);
        assertThat(balancer.ejections()).isEmpty();
        late.failed();

        present.set(List.copyOf(four));
        assertThat(chosen(balancer)).hasSize(4);
        fail(balancer, "i1", 4);
        fail(balancer, "i2", 4);
        assertThat(balancer.ejections()).isEmpty();
    }

    @Test
    @DisplayName("R34: a call is counted while it lasts, and what it throws is thrown and held against the instance")
    void call() {
        present.set(four.subList(0, 2));
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> balancer.call(instance -> {
                        assertThat(balancer.jobCounts().of(instance).getAsInt()).isEqualTo(1);
                        if (instance.id().equals("i1")) {
                            throw new IOException("refused");
                        }
                        throw new Answered();
                    }))
                    .isInstanceOfAny(IOException.class, Answered.class);
        }
        assertThat(balancer.jobCounts().total()).isZero();
        assertThat(balancer.ejections()).hasSize(1);
    }

    @Test
    @DisplayName("R34: what is said to be no failure is an answer")
    void answers() {
        Balancer lenient = balancer(OutlierOptions.defaults().withFailures(e -> e instanceof IOException));
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> lenient.call(instance -> {
                        throw new Answered();
                    }))
                    .isInstanceOf(Answered.class);
        }
        assertThat(lenient.ejections()).isEmpty();
        fail(lenient, "i1", 4);
        try (Attempt neither = attempt(lenient, "i1")) {
            assertThat(neither.instance().id()).isEqualTo("i1");
        }
        fail(lenient, "i1", 1);
        assertThat(ejected(lenient)).containsExactly("i1"); // what was only closed is neither
    }

    @Test
    @DisplayName("R34: what a call throws is thrown, and a failure, though judging it throws")
    void judgeThatThrows() {
        IllegalStateException wrong = new IllegalStateException("by the judge");
        Balancer judged =
                balancer(OutlierOptions.defaults().withConsecutiveFailures(1).withFailures(e -> {
                    throw wrong;
                }));
        assertThatThrownBy(() -> judged.call(instance -> {
                    throw new IOException("refused");
                }))
                .isInstanceOf(IOException.class)
                .hasSuppressedException(wrong);
        assertThat(judged.ejections()).hasSize(1);
        assertThat(judged.jobCounts().total()).isZero();
    }

    @Test
    @DisplayName("R34: an attempt ends once")
    void attemptEndsOnce() {
        for (int i = 0; i < 10; i++) {
            Attempt attempt = attempt(balancer, "i1");
            attempt.succeeded();
            attempt.failed();
            attempt.close();
        }
        assertThat(balancer.jobCounts().total()).isZero();
        assertThat(balancer.ejections()).isEmpty();
    }

    @Test
    @DisplayName("R34: without an instance nothing is called")
    void nobodyToCall() {
        present.set(List.of());
        assertThatThrownBy(() -> balancer.call("key", instance -> {
                    throw new AssertionError("called");
                }))
                .isInstanceOf(NoInstanceException.class);
    }

    @Test
    @DisplayName("R28: when an instance crashes in mid-job, its job counts until the call ends, and then no more")
    void crashInMidJob() {
        JobCounts counts = JobCounts.inProcess();
        Balancer least =
                Balancer.of(present::get, LoadBalancer.leastConnections(counts), OutlierOptions.defaults(), time);
        assertThatThrownBy(() -> least.call(instance -> {
                    present.set(four.stream()
                            .filter(each -> !each.id().equals(instance.id()))
                            .toList());
                    assertThat(least.choose()).isNotEqualTo(instance);
                    assertThat(counts.of(instance).getAsInt()).isEqualTo(1);
                    present.set(List.copyOf(four)); // it is back under its id, with the lost call still open
                    for (int i = 0; i < 50; i++) {
                        assertThat(least.choose()).isNotEqualTo(instance);
                    }
                    throw new IOException("connection reset");
                }))
                .isInstanceOf(IOException.class);
        assertThat(four).allMatch(instance -> counts.of(instance).getAsInt() == 0);
        assertThat(counts.total()).isZero();
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        OutlierOptions options = OutlierOptions.defaults();
        assertThatThrownBy(() -> options.withConsecutiveFailures(0)).hasMessageContaining("0");
        assertThatThrownBy(() -> options.withMaximumEjectedPercent(101)).hasMessageContaining("101");
        assertThatThrownBy(() -> options.withEjection(Duration.ZERO, BASE)).hasMessageContaining("PT0S");
        assertThatThrownBy(() -> options.withEjection(BASE, BASE.minusMillis(1)))
                .hasMessageContaining("PT29.999S");
        assertThatThrownBy(() -> options.withEjection(BASE, Duration.ofDays(400)))
                .hasMessageContaining("PT9600H");
    }

    private static final class Answered extends RuntimeException {

        private static final long serialVersionUID = 1L;
    }

    /** An ejection that has just begun. */
    private record Begun(Duration lasts) {}

    private Begun ejection(Balancer of) {
        assertThat(of.ejections()).hasSize(1);
        return new Begun(Duration.between(time.instant(), of.ejections().get(0).until()));
    }

    private static List<String> ejected(Balancer of) {
        return of.ejections().stream().map(Ejection::instanceId).toList();
    }

    /** An attempt at a given instance: whoever else comes first is passed over. */
    private static Attempt attempt(Balancer of, String id) {
        while (true) {
            Attempt attempt = of.begin().orElseThrow();
            if (attempt.instance().id().equals(id)) {
                return attempt;
            }
            attempt.close();
        }
    }

    private static void fail(Balancer of, String id, int times) {
        for (int i = 0; i < times; i++) {
            attempt(of, id).failed();
        }
    }

    private static Set<String> chosen(Balancer of) {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            ids.add(Objects.requireNonNull(of.choose()).id());
        }
        return ids;
    }
}
