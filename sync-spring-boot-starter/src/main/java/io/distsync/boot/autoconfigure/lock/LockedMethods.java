package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.method.AnnotatedMethods;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.annotation.RegisterReflection;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;

/** The {@link SyncLocked} methods of the beans, and the names of the locks that calls take. */
@RegisterReflection(classes = LockedCall.class, memberCategories = MemberCategory.INVOKE_PUBLIC_METHODS)
final class LockedMethods {

    private final ConfigurableBeanFactory beans;
    private final AnnotatedMethods<SyncLocked, LockedMethod> methods;

    LockedMethods(ConfigurableBeanFactory beans) {
        this.beans = beans;
        methods = new AnnotatedMethods<>(
                SyncLocked.class,
                (described, method, annotation) -> LockedMethod.of(described, method, annotation, this::resolve));
    }

    private String resolve(String text) {
        return String.valueOf(beans.resolveEmbeddedValue(text));
    }

    AnnotatedMethods<SyncLocked, LockedMethod> methods() {
        return methods;
    }

    LockedMethod of(Method method, Class<?> beanType) {
        return methods.of(method, beanType);
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
}
