package io.distsync.boot.autoconfigure.method;

import io.distsync.boot.OnBusy;
import io.distsync.boot.autoconfigure.InvalidSyncMethodException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.util.ClassUtils;

/**
 * A method whose calls may be skipped.
 *
 * @param place the method, for people
 */
public record InterceptedMethod(Class<? extends Annotation> annotation, String place, Class<?> returnType) {

    static InterceptedMethod of(Class<? extends Annotation> annotation, Method method, Class<?> beanType) {
        return new InterceptedMethod(
                annotation,
                Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", beanType.getName() + "." + method.getName() + "(", ")")),
                method.getReturnType());
    }

    /** What is wrong with it. */
    public InvalidSyncMethodException invalid(String problem, String action) {
        return new InvalidSyncMethodException(annotation, place, problem, action);
    }

    void checkIntercepted(Method method, Object proxy) {
        int modifiers = method.getModifiers();
        boolean intercepted = AopUtils.isJdkDynamicProxy(proxy)
                ? Arrays.stream(proxy.getClass().getInterfaces())
                        .anyMatch(it -> ClassUtils.hasMethod(it, method.getName(), method.getParameterTypes()))
                : !Modifier.isPrivate(modifiers) && !Modifier.isFinal(modifiers) && !Modifier.isStatic(modifiers);
        if (!intercepted) {
            throw invalid(
                    "cannot be intercepted by the bean's proxy, so the annotation would do nothing.",
                    "Make it neither private nor final nor static, or declare it in the interface the proxy has.");
        }
    }

    /**
     * Checks that there is something to return when a call is skipped, and that it can be told when its work is over.
     *
     * @param bean what does the same without the annotation
     */
    public void checkReturnType(Method method, OnBusy onBusy, Class<?> bean) {
        if (onBusy == OnBusy.SKIP && returnType.isPrimitive() && returnType != void.class) {
            throw invalid(
                    "skips calls, but has nothing to return then: " + returnType + " cannot be null.",
                    "Return an object or nothing, or let it throw.");
        }
        boolean stage = returnType == CompletionStage.class || returnType == CompletableFuture.class;
        boolean later = CompletionStage.class.isAssignableFrom(returnType)
                || Future.class.isAssignableFrom(returnType)
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(returnType) != null
                || KotlinDetector.isSuspendingFunction(method);
        if (later && !stage) {
            throw invalid(
                    "returns " + returnType.getSimpleName() + ", and it cannot be told when its work is over.",
                    "Return CompletableFuture or CompletionStage, or use " + bean.getSimpleName() + " in the method.");
        }
    }

    public boolean returnsStage() {
        return CompletionStage.class.isAssignableFrom(returnType);
    }

    /** What a call returns that is skipped. */
    @SuppressWarnings("FutureReturnValueIgnored") // the caller's to look at
    public @Nullable Object nothing() {
        if (returnsStage()) {
            return CompletableFuture.completedFuture(null);
        }
        if (returnType == Optional.class) {
            return Optional.empty();
        }
        if (returnType == OptionalInt.class) {
            return OptionalInt.empty();
        }
        if (returnType == OptionalLong.class) {
            return OptionalLong.empty();
        }
        return returnType == OptionalDouble.class ? OptionalDouble.empty() : null;
    }
}
