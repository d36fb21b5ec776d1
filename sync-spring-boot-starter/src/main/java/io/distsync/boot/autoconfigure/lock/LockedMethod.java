package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.InvalidSyncMethodException;
import io.distsync.boot.autoconfigure.method.InterceptedMethod;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.version.Limits;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/**
 * What is said of a {@link SyncLocked} method.
 *
 * @param lease {@code null} for that of the locks
 * @param atLeastFor zero for no such time
 */
record LockedMethod(
        InterceptedMethod method,
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
     * @throws InvalidSyncMethodException if something is wrong with it
     */
    static LockedMethod of(
            InterceptedMethod described, Method method, SyncLocked locked, UnaryOperator<String> placeholders) {
        described.checkReturnType(method, locked.onBusy(), SyncLocks.class);
        Attributes attributes = new Attributes(described, placeholders);
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
                described,
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

    /** Reads texts, and says of which method and attribute one is wrong. */
    private record Attributes(InterceptedMethod described, UnaryOperator<String> placeholders) {

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
                throw described.invalid(
                        "has " + attribute + " = '" + text + "', which cannot be used: " + e.getMessage(), action);
            }
        }
    }
}
