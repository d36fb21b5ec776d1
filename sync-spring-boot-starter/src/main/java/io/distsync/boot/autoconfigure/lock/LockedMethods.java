package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.InvalidSyncLockedException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.MethodClassKey;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;

/** The {@link SyncLocked} methods of the beans. Each is read once. */
final class LockedMethods {

    private final ConfigurableBeanFactory beans;
    private final Map<MethodClassKey, LockedMethod> read = new ConcurrentHashMap<>();

    LockedMethods(ConfigurableBeanFactory beans) {
        this.beans = beans;
    }

    /**
     * What is said of a method that has the annotation.
     *
     * @throws InvalidSyncLockedException if something is wrong with it
     */
    LockedMethod of(Method method, Class<?> beanType) {
        Method specific = AopUtils.getMostSpecificMethod(method, beanType);
        return read.computeIfAbsent(
                new MethodClassKey(specific, beanType),
                key -> LockedMethod.of(
                        specific, beanType, Objects.requireNonNull(annotation(specific)), this::resolve));
    }

    private static @Nullable SyncLocked annotation(Method method) {
        return AnnotatedElementUtils.findMergedAnnotation(method, SyncLocked.class);
    }

    private String resolve(String text) {
        return String.valueOf(beans.resolveEmbeddedValue(text));
    }

    /** The name of the lock for a call. */
    String name(LockedMethod locked, Method method, @Nullable Object[] arguments, Object target) {
        Class<?> type = AopUtils.getTargetClass(target);
        Method specific = AopUtils.getMostSpecificMethod(method, type);
        MethodBasedEvaluationContext call = new MethodBasedEvaluationContext(
                new LockedCall(specific, arguments, target, type), specific, arguments, LockName.PARAMETER_NAMES);
        call.setBeanResolver(new BeanFactoryResolver(beans));
        return locked.name().evaluate(call);
    }

    /**
     * Reads all methods of a bean, and makes sure that the proxy intercepts them.
     *
     * @throws InvalidSyncLockedException if something is wrong with one
     */
    void check(Object proxy) {
        Class<?> type = AopUtils.getTargetClass(proxy);
        MethodIntrospector.selectMethods(
                        type, (MethodIntrospector.MetadataLookup<SyncLocked>) LockedMethods::annotation)
                .keySet()
                .forEach(method -> {
                    checkIntercepted(method, type, proxy);
                    LockedMethod unused = of(method, type);
                });
    }

    private static void checkIntercepted(Method method, Class<?> type, Object proxy) {
        int modifiers = method.getModifiers();
        boolean intercepted = AopUtils.isJdkDynamicProxy(proxy)
                ? Arrays.stream(proxy.getClass().getInterfaces())
                        .anyMatch(it -> ClassUtils.hasMethod(it, method.getName(), method.getParameterTypes()))
                : !Modifier.isPrivate(modifiers) && !Modifier.isFinal(modifiers) && !Modifier.isStatic(modifiers);
        if (!intercepted) {
            throw new InvalidSyncLockedException(
                    LockedMethod.describe(method, type),
                    "cannot be intercepted by the bean's proxy, so it would run without the lock.",
                    "Make it neither private nor final nor static, or declare it in the interface the proxy has.");
        }
    }
}
