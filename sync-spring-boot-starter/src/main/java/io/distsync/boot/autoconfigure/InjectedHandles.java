package io.distsync.boot.autoconfigure;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.config.DependencyDescriptor;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;

/**
 * Opens a handle for each place in the code that asks for a {@link DistributedSync}, and closes them with the context.
 *
 * <p>Each place has its own, because {@link DistributedSync#changed} remembers for each handle what it reported; all
 * handles of a topic share one view, so that a further one costs next to nothing. Beans made again and again from the
 * same place (prototypes, requests) share a handle: otherwise they would pile up until the context closes.
 */
final class InjectedHandles implements AutoCloseable {

    private final SyncService service;
    private final TopicCatalog topics;
    private final Map<Place, DistributedSync<?>> handles = new ConcurrentHashMap<>();

    InjectedHandles(SyncService service, TopicCatalog topics) {
        this.service = service;
        this.topics = topics;
    }

    DistributedSync<?> handleFor(InjectionPoint point) {
        String place = describe(point);
        Topic<?> topic = topics.ofType(
                stateType(point), place, "or define a bean of type Topic for it, or one of type DistributedSync.");
        try {
            return handles.computeIfAbsent(Place.of(point, topic), it -> service.sync(topic));
        } catch (IllegalArgumentException e) {
            throw InvalidSyncTopicException.refused(place, e);
        }
    }

    @Override
    public void close() {
        handles.values().forEach(DistributedSync::close);
    }

    /** The descriptor, unlike the bare point, looks through {@code Optional} and {@code ObjectProvider}. */
    private static ResolvableType stateType(InjectionPoint point) {
        ResolvableType type =
                point instanceof DependencyDescriptor descriptor ? descriptor.getResolvableType() : ResolvableType.NONE;
        return type.as(DistributedSync.class).getGeneric(0);
    }

    private static String describe(InjectionPoint point) {
        Member member = point.getMember();
        String owner = member.getDeclaringClass().getName();
        if (member instanceof Field) {
            return "field '" + member.getName() + "' of " + owner;
        }
        MethodParameter parameter = point.getMethodParameter();
        String index = parameter == null ? "a parameter" : "parameter " + parameter.getParameterIndex();
        return parameter != null && parameter.getConstructor() != null
                ? index + " of the constructor of " + owner
                : index + " of method '" + member.getName() + "' of " + owner;
    }

    private record Place(Member member, int parameter, String topic) {

        static Place of(InjectionPoint point, Topic<?> topic) {
            MethodParameter parameter = point.getMethodParameter();
            return new Place(point.getMember(), parameter == null ? -1 : parameter.getParameterIndex(), topic.name());
        }
    }
}
