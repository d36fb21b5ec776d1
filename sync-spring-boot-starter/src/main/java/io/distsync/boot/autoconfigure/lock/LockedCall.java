package io.distsync.boot.autoconfigure.lock;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** What expressions see as {@code #root}; the getters are called by name. */
final class LockedCall {

    private final Method method;
    private final @Nullable Object[] args;
    private final @Nullable Object target;
    private final Class<?> targetClass;

    LockedCall(Method method, @Nullable Object[] args, @Nullable Object target, Class<?> targetClass) {
        this.method = method;
        this.args = args;
        this.target = target;
        this.targetClass = targetClass;
    }

    public Method getMethod() {
        return method;
    }

    public @Nullable Object[] getArgs() {
        return args;
    }

    public @Nullable Object getTarget() {
        return target;
    }

    public Class<?> getTargetClass() {
        return targetClass;
    }
}
