package io.distsync.backend;

import io.distsync.NothingLeftBehind;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What every backend has to pass. A backend extends this class and gives it a {@link BackendFixture}; the cases are run
 * by JUnit Jupiter.
 *
 * <p>Cases are numbered as in the semantics document: S for state and compare-and-set, F for the change feed. B stands
 * for what {@link SyncBackend} and its types promise without a number there. Cases about functions, handles, listeners
 * and pipelines belong to the suite of the service.
 *
 * <p>After each case the chain of changes of each topic it used is unbroken, its log and its state agree, and nothing
 * is left behind. Cases that a backend cannot play are skipped, and listed with the reason when the suite ends.
 */
public abstract class SyncBackendConformance {

    @Order(1)
    @RegisterExtension
    static final NothingLeftBehind NOTHING_LEFT_BEHIND = new NothingLeftBehind();

    @Order(2)
    @RegisterExtension
    static final ConformanceLifecycle LIFECYCLE = new ConformanceLifecycle(NOTHING_LEFT_BEHIND);

    /** A store for the next case. */
    protected abstract BackendFixture fixture();

    @Nested
    @DisplayName("Compare-and-set")
    class CompareAndSet extends CompareAndSetCases {}

    @Nested
    @DisplayName("Commits")
    class Commits extends CommitCases {}

    @Nested
    @DisplayName("Additions and sequential keys")
    class Additions extends AdditionCases {}

    @Nested
    @DisplayName("Fences")
    class Fences extends FenceCases {}

    @Nested
    @DisplayName("Request memory")
    class RequestMemory extends RequestMemoryCases {}

    @Nested
    @DisplayName("Leases")
    class Leases extends LeaseCases {}

    @Nested
    @DisplayName("Reads")
    class Reads extends ReadCases {}

    @Nested
    @DisplayName("History and retention")
    class Log extends HistoryCases {}

    @Nested
    @DisplayName("Followers")
    class Followers extends FollowerCases {}

    @Nested
    @DisplayName("Connections")
    class Connections extends ConnectionCases {}

    @Nested
    @DisplayName("Damaged stores")
    class Damage extends DamageCases {}

    @Nested
    @DisplayName("Limits and closing")
    class Limiting extends LimitCases {}

    @Nested
    @DisplayName("Concurrent histories")
    class Histories extends ConcurrentHistoryCases {}
}
