package io.distsync.boot.autoconfigure;

import io.distsync.SyncTopic;
import io.distsync.Topic;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.ResolvableType;

/**
 * The topics that listeners and injection points of the context name, each with the place that named it first, so that
 * a contradiction is found at start-up and both places can be told. A {@link Topic} bean takes precedence over what is
 * derived from a type, because it knows the initial value and the options.
 */
final class TopicCatalog {

    private static final String BEAN = "bean of type Topic";

    private final ObjectProvider<Topic<?>> beans;
    private final Map<String, Use> uses = new ConcurrentHashMap<>();

    TopicCatalog(ObjectProvider<Topic<?>> beans) {
        this.beans = beans;
    }

    /**
     * The topic of a state type: the one its annotation names, or else the only bean of that type.
     *
     * @param remedy what can be done instead of annotating the type
     */
    Topic<?> ofType(ResolvableType stateType, String place, String remedy) {
        Type type = plain(stateType, place);
        SyncTopic annotation = annotation(type);
        if (annotation != null) {
            InvalidSyncTopicException.check(annotation.value(), "@SyncTopic on " + type.getTypeName());
            return use(Topic.of((Class<?>) type), type, place);
        }
        List<Topic<?>> declared = declared(topic -> topic.type().equals(type));
        if (declared.size() == 1) {
            return use(declared.get(0), type, place);
        }
        throw InvalidSyncTopicException.unnamed(place, type.getTypeName(), remedy);
    }

    /** The topic of this name, with this state type. */
    Topic<?> named(String name, ResolvableType stateType, String place) {
        Type type = plain(stateType, place);
        InvalidSyncTopicException.check(name, place);
        return use(
                annotation(type) == null
                        ? Topic.ofGeneric(name, type)
                        : Topic.of((Class<?>) type).withName(name),
                type,
                place);
    }

    private Topic<?> use(Topic<?> derived, Type type, String place) {
        String name = derived.name();
        Use first = uses.get(name);
        if (first == null) {
            List<Topic<?>> declared = declared(topic -> topic.name().equals(name));
            Use mine = declared.isEmpty() ? new Use(derived, place) : new Use(declared.get(0), BEAN);
            Use other = uses.putIfAbsent(name, mine);
            first = other == null ? mine : other;
        }
        if (!first.topic().type().equals(type)) {
            throw new TopicTypeMismatchException(name, first.topic().type(), first.place(), type, place);
        }
        return first.topic();
    }

    private List<Topic<?>> declared(Predicate<Topic<?>> wanted) {
        return beans.stream().filter(wanted).toList();
    }

    private static @Nullable SyncTopic annotation(Type type) {
        return type instanceof Class<?> c ? c.getAnnotation(SyncTopic.class) : null;
    }

    /** The type as the core compares it: a class, or a type with its arguments. */
    private static Type plain(ResolvableType stateType, String place) {
        if (stateType.getType() instanceof ParameterizedType parameterized) {
            return parameterized;
        }
        Class<?> resolved = stateType.resolve();
        if (resolved == null) {
            throw InvalidSyncTopicException.untyped(place);
        }
        return resolved;
    }

    private record Use(Topic<?> topic, String place) {}
}
