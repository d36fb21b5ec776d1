package io.distsync.boot.autoconfigure.election;

import io.distsync.boot.LeaderOnly;
import io.distsync.boot.NotLeaderException;
import io.distsync.boot.OnBusy;
import io.distsync.boot.autoconfigure.method.AnnotatedMethods;
import io.distsync.election.LeaderTerm;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.support.AopUtils;

/** Calls a method only while this process leads. */
final class LeaderInterceptor implements MethodInterceptor {

    private static final Logger log = LoggerFactory.getLogger(LeaderInterceptor.class);

    private final AnnotatedMethods<LeaderOnly, LeaderMethod> methods;
    private final Leaderships leaderships;

    LeaderInterceptor(AnnotatedMethods<LeaderOnly, LeaderMethod> methods, Leaderships leaderships) {
        this.methods = methods;
        this.leaderships = leaderships;
    }

    @Override
    public @Nullable Object invoke(MethodInvocation call) throws Throwable {
        Object target = Objects.requireNonNull(call.getThis());
        LeaderMethod method = methods.of(call.getMethod(), AopUtils.getTargetClass(target));
        Optional<LeaderTerm> term = leaderships.termForCall(method.election());
        return term.isPresent() ? leaderships.callIn(term.get(), call) : notCalled(method);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the caller's to look at
    private static @Nullable Object notCalled(LeaderMethod method) {
        String place = method.method().place();
        if (method.otherwise() == OnBusy.SKIP) {
            log.debug("this process does not lead '{}', {} is skipped", method.election(), place);
            return method.method().nothing();
        }
        NotLeaderException failure = new NotLeaderException(
                "this process does not lead '" + method.election() + "'; " + place + " was not called");
        if (method.method().returnsStage()) {
            return CompletableFuture.failedFuture(failure);
        }
        throw failure;
    }
}
