package io.distsync.boot.autoconfigure;

import io.distsync.Versioned;
import io.distsync.boot.SyncListener;
import io.distsync.version.Version;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.Nullness;
import org.springframework.core.ResolvableType;

/**
 * What a {@link SyncListener} method takes: the state or {@link Versioned} of it, then optionally the version.
 *
 * @param stateType type of the state
 * @param versioned whether the first parameter is {@link Versioned}
 * @param nullable whether the first parameter takes {@code null}
 */
record ListenerSignature(
        Method method, Class<?> beanType, ResolvableType stateType, boolean versioned, boolean nullable) {

    private static final String ACTION =
            "Declare it as void, with the state or Versioned<state> as parameter, and optionally the Version as second.";

    /**
     * Reads the signature of a method.
     *
     * @throws InvalidSyncListenerException if the method cannot be a listener
     */
    static ListenerSignature of(Method method, Class<?> beanType) {
        Class<?>[] types = method.getParameterTypes();
        if (method.getReturnType() != void.class) {
            throw bad(method, beanType, "returns " + method.getReturnType().getSimpleName() + ".");
        }
        if (types.length == 0) {
            throw bad(method, beanType, "has no parameter.");
        }
        if (types.length > 2 || (types.length == 2 && types[1] != Version.class)) {
            throw bad(method, beanType, "has parameters that are neither the state nor its version.");
        }
        MethodParameter first = new MethodParameter(method, 0).withContainingClass(beanType);
        ResolvableType type = ResolvableType.forMethodParameter(first);
        boolean versioned = types[0] == Versioned.class;
        return new ListenerSignature(
                method,
                beanType,
                versioned ? type.getGeneric(0) : type,
                versioned,
                Nullness.forMethodParameter(first) == Nullness.NULLABLE);
    }

    /** The arguments for a delivery, or {@code null} if there is nothing the method could be told. */
    @Nullable
    Object @Nullable [] arguments(Versioned<?> state) {
        if (!versioned && !nullable && isMissing(state)) {
            return null;
        }
        Object first = versioned ? state : state.value();
        return method.getParameterCount() == 1 ? new Object[] {first} : new Object[] {first, state.version()};
    }

    /** The value is null, whatever its type says, after a delete in a topic without an initial value. */
    @SuppressWarnings("ConstantValue")
    private static boolean isMissing(Versioned<?> state) {
        return !state.present() && (Object) state.value() == null;
    }

    @Override
    public String toString() {
        return describe(method, beanType);
    }

    private static InvalidSyncListenerException bad(Method method, Class<?> beanType, String problem) {
        return new InvalidSyncListenerException(describe(method, beanType), problem, ACTION);
    }

    private static String describe(Method method, Class<?> beanType) {
        return Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(", ", beanType.getName() + "." + method.getName() + "(", ")"));
    }
}
