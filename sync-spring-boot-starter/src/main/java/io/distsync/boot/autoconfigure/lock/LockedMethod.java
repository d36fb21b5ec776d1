package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.InvalidSyncLockedException;
import io.distsync.lock.LockOptions;
import io.distsync.version.Limits;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ReactiveAdapterRegistry;

/**
 * What is said of a {@link SyncLocked} method.
 *
 * @param place the method, for people
 * @param lease {@code null} for that of the locks
 * @param atLeastFor zero for no such time
 */
record LockedMethod(
        String place,
        Class<?> returnType,
        LockName name,
        Duration waitFor,
        @Nullable LockOptions lease,
        Duration atLeastFor,
        OnBusy onBusy) {

    private static final Duration USUAL_WAIT = Duration.ofSeconds(5);

    /**
     * Reads the annotation of a method.
     *
     * @param placeholders replaces them in a text
     * @throws InvalidSyncLockedException if something is wrong with it
     */
    static LockedMethod of(Method method, Class<?> beanType, SyncLocked locked, UnaryOperator<String> placeholders) {
        String place = describe(method, beanType);
        checkReturnType(method, locked.onBusy(), place);
        Attributes attributes = new Attributes(place, placeholders);
        LockName name = attributes.read(
                "name",
                locked.name(),
                text -> LockName.parse(text, method),
                "Give the lock a name such as order:#{#id}.");
        Duration waitFor = attributes.duration("waitFor", locked.waitFor());
        Duration lease = attributes.duration("lease", locked.lease());
        Duration atLeastFor = attributes.duration("atLeastFor", locked.atLeastFor());
        if (atLeastFor != null) {
            attributes.check("atLeastFor", locked.atLeastFor(), () -> Limits.checkLease(atLeastFor));
        }
        return new LockedMethod(
                place,
                method.getReturnType(),
                name,
                waitFor != null ? waitFor : locked.onBusy() == OnBusy.SKIP ? Duration.ZERO : USUAL_WAIT,
                lease == null
                        ? null
                        : attributes.check(
                                "lease",
                                locked.lease(),
                                () -> LockOptions.defaults().withLease(lease)),
                atLeastFor == null ? Duration.ZERO : atLeastFor,
                locked.onBusy());
    }

    static String describe(Method method, Class<?> beanType) {
        return Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(", ", beanType.getName() + "." + method.getName() + "(", ")"));
    }

    private static void checkReturnType(Method method, OnBusy onBusy, String place) {
        Class<?> type = method.getReturnType();
        if (onBusy == OnBusy.SKIP && type.isPrimitive() && type != void.class) {
            throw new InvalidSyncLockedException(
                    place,
                    "skips calls, but has nothing to return then: " + type + " cannot be null.",
                    "Return an object or nothing, or set onBusy to THROW.");
        }
        boolean stage = type == CompletionStage.class || type == CompletableFuture.class;
        boolean later = CompletionStage.class.isAssignableFrom(type)
                || Future.class.isAssignableFrom(type)
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null
                || KotlinDetector.isSuspendingFunction(method);
        if (later && !stage) {
            throw new InvalidSyncLockedException(
                    place,
                    "returns " + type.getSimpleName() + ", and it cannot be told when its work is over.",
                    "Return CompletableFuture or CompletionStage, or use SyncLocks in the method.");
        }
    }

    boolean returnsStage() {
        return CompletionStage.class.isAssignableFrom(returnType);
    }

    /** What a call returns that is skipped. */
    @SuppressWarnings("FutureReturnValueIgnored") // the caller's to look at
    @Nullable
    Object nothing() {
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

    /** Reads texts, and says of which method and attribute one is wrong. */
    private record Attributes(String place, UnaryOperator<String> placeholders) {

        private static final Duration LONGEST = Duration.ofDays(365);

        @Nullable
        Duration duration(String attribute, String text) {
            if (text.isEmpty()) {
                return null;
            }
            return read(
                    attribute,
                    text,
                    resolved -> {
                        Duration value = DurationStyle.detectAndParse(resolved);
                        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
                            throw new IllegalArgumentException("it must be from 0s to 365d");
                        }
                        return value;
                    },
                    "Set it to a duration such as 500ms, 5s or 1m.");
        }

        <T> T check(String attribute, String text, Supplier<T> check) {
            return read(attribute, text, resolved -> check.get(), "Change it.");
        }

        <T> T read(String attribute, String text, Function<String, T> reader, String action) {
            try {
                return reader.apply(placeholders.apply(text));
            } catch (RuntimeException e) {
                throw new InvalidSyncLockedException(
                        place,
                        "has " + attribute + " = '" + text + "', which cannot be used: " + e.getMessage(),
                        action);
            }
        }
    }
}
