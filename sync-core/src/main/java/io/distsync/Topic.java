package io.distsync;

import io.distsync.backend.TopicOptions;
import io.distsync.version.Limits;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A topic is the name of one synchronised state or collection, with the type of its values and how it is kept. It is
 * the unit of ordering and of atomicity. Immutable; the {@code with} methods return copies.
 *
 * <p>Values must be immutable (records are). The library hands the same object to everybody and never copies it.
 *
 * @param <T> type of the state, or of the values of a map
 */
public final class Topic<T> {

    private final String name;
    private final Type type;
    private final @Nullable Supplier<? extends T> initial;
    private final boolean conflated;
    private final TopicOptions options;
    private final boolean retentionChosen;

    private Topic(
            String name,
            Type type,
            @Nullable Supplier<? extends T> initial,
            boolean conflated,
            TopicOptions options,
            boolean retentionChosen) {
        this.name = Limits.checkTopic(name);
        this.type = Objects.requireNonNull(type, "type");
        this.initial = initial;
        this.conflated = conflated;
        this.options = options;
        this.retentionChosen = retentionChosen;
    }

    /**
     * A topic without an initial value.
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    public static <T> Topic<T> of(String name, Class<T> type) {
        return new Topic<>(name, type, null, false, TopicOptions.defaults(), false);
    }

    /** A topic whose values are of a generic type; the caller vouches that {@code T} is that type. */
    public static <T> Topic<T> ofGeneric(String name, Type type) {
        return new Topic<>(name, type, null, false, TopicOptions.defaults(), false);
    }

    /**
     * The topic named by the type's {@link SyncTopic} annotation.
     *
     * @throws IllegalArgumentException if the type is not annotated, or the name is not a valid topic name
     */
    public static <T> Topic<T> of(Class<T> type) {
        SyncTopic annotation = type.getAnnotation(SyncTopic.class);
        if (annotation == null) {
            throw new IllegalArgumentException(
                    type.getName() + " has no @SyncTopic annotation; add one, or pass a Topic"
                            + " made by Topic.of(name, " + type.getSimpleName() + ".class)");
        }
        return new Topic<>(
                annotation.value(),
                type,
                noArgumentConstructor(type),
                annotation.conflated(),
                TopicOptions.defaults(),
                false);
    }

    /**
     * A topic of another name, kept the same way: one type, many topics ({@code "room:42"}).
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    public Topic<T> withName(String other) {
        return new Topic<>(other, type, initial, conflated, options, retentionChosen);
    }

    /**
     * The same topic with an initial value: what the state is while nothing is stored. Called on each use. Of several
     * initial values for one name a service keeps that of the topic it was used with first; a first use without any makes
     * it refuse later ones.
     */
    public Topic<T> withInitial(Supplier<? extends T> value) {
        return new Topic<>(name, type, Objects.requireNonNull(value, "value"), conflated, options, retentionChosen);
    }

    /**
     * The same topic, but updates that one node combines may share one revision: only the last of them is stored and
     * broadcast, and all their callers get its version. Each function is still applied once, in order.
     */
    public Topic<T> withConflation() {
        return new Topic<>(name, type, initial, true, options, retentionChosen);
    }

    /** The same topic with another retention of its log. */
    public Topic<T> withRetention(TopicOptions.Retention retention) {
        return new Topic<>(name, type, initial, conflated, options.withRetention(retention), true);
    }

    /** The same topic, but its log names changed keys without their values: for large values that few nodes read. */
    public Topic<T> withKeysOnlyLog() {
        return new Topic<>(name, type, initial, conflated, options.withLogPayloads(false), retentionChosen);
    }

    /** The same topic, but dropped as a whole when it was not used for so long; for rooms, locks and the like. */
    public Topic<T> withIdleExpiry(Duration idle) {
        return new Topic<>(name, type, initial, conflated, options.withIdleMillis(idle.toMillis()), retentionChosen);
    }

    public String name() {
        return name;
    }

    public Type type() {
        return type;
    }

    /** Whether updates may share a revision. */
    public boolean conflated() {
        return conflated;
    }

    public TopicOptions options() {
        return options;
    }

    /** The topic with the retention of its service, unless it has chosen one itself. */
    Topic<T> withDefaultRetention(TopicOptions.Retention retention) {
        return retentionChosen || options.retention().equals(retention)
                ? this
                : new Topic<>(name, type, initial, conflated, options.withRetention(retention), false);
    }

    /** Makes the initial value, or returns {@code null} if the topic declares none. */
    @Nullable
    T initial() {
        if (initial == null) {
            return null;
        }
        return Objects.requireNonNull(initial.get(), () -> "initial value of topic '" + name + "' must not be null");
    }

    /** Whether a service that keeps this topic may also be used with the other one: it would be kept the same way. */
    boolean serves(Topic<?> other) {
        return (initial != null || other.initial == null)
                && name.equals(other.name)
                && type.equals(other.type)
                && conflated == other.conflated
                && options.equals(other.options);
    }

    @Override
    public String toString() {
        return "Topic[" + name + ", " + type.getTypeName() + "]";
    }

    private static <T> @Nullable Supplier<T> noArgumentConstructor(Class<T> type) {
        Constructor<T> constructor;
        try {
            constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
        } catch (NoSuchMethodException e) {
            return null;
        }
        return () -> {
            try {
                return constructor.newInstance();
            } catch (InvocationTargetException e) {
                throw new IllegalStateException("the constructor of " + type.getName() + " failed", e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("cannot create the initial value of " + type.getName(), e);
            }
        };
    }
}
