package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A strategy: which of the candidates gets the next call. Safe to share between threads. It does no I/O, and allocates
 * nothing while the candidates stay the same object; the first call with others may compute a table. An object is for
 * one service: two that take turns with it would have it compute at each turn.
 *
 * <p>{@link ServiceInstance#weight() Weights} are heeded by every strategy but {@link #roundRobin()}.
 */
@FunctionalInterface
public interface LoadBalancer {

    /**
     * The instance that gets the next call.
     *
     * @param key what the call is about, for strategies that give calls with the same key to the same instance; the
     *     others do not look at it
     * @return {@code null} if there are no candidates, and only then
     */
    @Nullable
    ServiceInstance choose(Candidates candidates, @Nullable String key);

    /** The counts it judges by, so that whoever makes the calls counts them there; {@code null} if it needs none. */
    default @Nullable JobCounts jobCounts() {
        return null;
    }

    /** One after the other, beginning anywhere. Weights other than 0 are not heeded. */
    static LoadBalancer roundRobin() {
        return new RoundRobin(Candidates::toArray, RoundRobin.anywhere());
    }

    /**
     * One after the other, each as often as its weight says and the turns of each spread evenly: the order of nginx's
     * smooth weighted round robin, begun anywhere. Weights are exact while their sum, divided by their greatest common
     * divisor, is at most 65,536; beyond that shares are rounded to multiples of 1/65,536 (with more than 8,192
     * instances, of 1/8 of an average share), and nobody's to 0.
     */
    static LoadBalancer weightedRoundRobin() {
        return new RoundRobin(SmoothOrder::of, RoundRobin.anywhere());
    }

    /** Any, with a probability in proportion to its weight. */
    static LoadBalancer random() {
        return random(LoadBalancer::randomBits);
    }

    /** The same with random numbers from somewhere else; the source is called by all threads that choose. */
    static LoadBalancer random(LongSupplier randomness) {
        return new RandomChoice(randomness);
    }

    /**
     * The one with the fewest jobs for its weight; among those that have none, any, roughly in proportion to its weight while
     * most are idle. Looks at all instances while none is idle, so the time it takes grows with their number: {@link
     * #powerOfTwoChoices} does not have to.
     */
    static LoadBalancer leastConnections(JobCounts counts) {
        return leastConnections(counts, LoadBalancer::randomBits);
    }

    /** The same with random numbers from somewhere else; the source is called by all threads that choose. */
    static LoadBalancer leastConnections(JobCounts counts, LongSupplier randomness) {
        return new LeastConnections(counts, randomness);
    }

    /**
     * Of two that are drawn in proportion to their weights, the one with fewer jobs for its weight. (Mitzenmacher, The
     * Power of Two Choices in Randomized Load Balancing, 2001.)
     */
    static LoadBalancer powerOfTwoChoices(JobCounts counts) {
        return powerOfTwoChoices(counts, LoadBalancer::randomBits);
    }

    /** The same with random numbers from somewhere else; the source is called by all threads that choose. */
    static LoadBalancer powerOfTwoChoices(JobCounts counts, LongSupplier randomness) {
        return new PowerOfTwoChoices(counts, randomness);
    }

    /**
     * Calls with the same key to the same instance. When an instance goes, only the keys it had go elsewhere; when one
     * comes, keys go to it only. But weights are relative to the greatest: if weights differ and the greatest becomes
     * another, some keys of others move as well. The choice depends on nothing but the key and the ids and weights of the
     * candidates, and is the same in every process and release. A call without a key goes to any instance.
     */
    static LoadBalancer consistentHash() {
        return new ConsistentHash(null, LoadBalancer::randomBits);
    }

    /**
     * The same, but an instance that has more than 1.25 times its share of the jobs under way is passed over for the
     * next one that has not. (Mirrokni, Thorup, Zadimoghaddam, Consistent Hashing with Bounded Loads, 2018.)
     */
    static LoadBalancer consistentHash(JobCounts counts) {
        return new ConsistentHash(counts, LoadBalancer::randomBits);
    }

    private static long randomBits() {
        return ThreadLocalRandom.current().nextLong();
    }
}
