package io.distsync.boot.autoconfigure.election;

import io.distsync.boot.LeaderOnly;
import io.distsync.boot.LeadershipGranted;
import io.distsync.boot.LeadershipRevoked;
import io.distsync.boot.SyncLeadership;
import io.distsync.boot.autoconfigure.method.AnnotatedMethods;
import io.distsync.boot.autoconfigure.method.ThreadStack;
import io.distsync.election.Candidacy;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Stands for the elections of all {@link LeaderOnly} methods while the context runs: begins when everything else has started,
 * and ends the terms before anything else stops, except the schedulers, so that another node goes on at once.
 */
final class Leaderships implements SyncLeadership, SmartLifecycle {

    /*
     * Threads. The container's starts and stops, under the monitor, which also keeps a call that is late from joining after
     * the end. Everybody else only reads. Candidacies are closed on a thread for each, which ends with that.
     */

    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 256;

    private final AnnotatedMethods<LeaderOnly, LeaderMethod> methods;
    private final SyncElections elections;
    private final ApplicationEventPublisher events;
    private final Map<String, Candidacy> candidacies = new ConcurrentHashMap<>();
    private final ThreadStack<LeaderTerm> terms = new ThreadStack<>();
    private volatile boolean running;

    Leaderships(
            AnnotatedMethods<LeaderOnly, LeaderMethod> methods,
            SyncElections elections,
            ApplicationEventPublisher events) {
        this.methods = methods;
        this.elections = elections;
        this.events = events;
    }

    @Override
    public Optional<LeaderTerm> term(String election) {
        Candidacy candidacy = candidacies.get(election);
        return candidacy == null ? Optional.empty() : candidacy.term();
    }

    @Override
    public LeaderTerm current() {
        return terms.mine().stream()
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("this thread is in no @LeaderOnly method"));
    }

    /** The same as {@link #term}; stands for the election if the bean with the method was made after the start. */
    Optional<LeaderTerm> termForCall(String election) {
        if (running && !candidacies.containsKey(election)) {
            stand(election);
        }
        return term(election);
    }

    @Nullable
    Object callIn(LeaderTerm term, MethodInvocation call) throws Throwable {
        terms.push(term);
        try {
            return call.proceed();
        } finally {
            terms.pop();
        }
    }

    private synchronized void stand(String election) {
        if (running) {
            Candidacy unused = candidacies.computeIfAbsent(election, name -> elections.join(name, new Telling(events)));
        }
    }

    @Override
    public void start() {
        running = true;
        methods.all().forEach(method -> stand(method.election()));
    }

    @Override
    public void stop() {
        List<Candidacy> last;
        synchronized (this) {
            running = false;
            last = List.copyOf(candidacies.values());
            candidacies.clear();
        }
        closeTogether(last);
    }

    /** Each waits for what the application does when its term ends, and for the store. */
    private static void closeTogether(List<Candidacy> last) {
        List<Thread> closing = new ArrayList<>();
        for (Candidacy candidacy : last) {
            Thread thread = new Thread(candidacy::close, "distsync-leaving-" + candidacy.election());
            thread.setDaemon(true);
            thread.start();
            closing.add(thread);
        }
        try {
            for (Thread thread : closing) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the rest is left to the end of the elections
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    private record Telling(ApplicationEventPublisher events) implements LeadershipListener {

        @Override
        public void elected(LeaderTerm term) {
            events.publishEvent(new LeadershipGranted(term));
        }

        @Override
        public void revoked(LeaderTerm term, RevocationReason reason) {
            events.publishEvent(new LeadershipRevoked(term, reason));
        }
    }
}
