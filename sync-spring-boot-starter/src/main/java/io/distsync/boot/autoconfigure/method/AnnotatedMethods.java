package io.distsync.boot.autoconfigure.method;

import io.distsync.boot.autoconfigure.InvalidSyncMethodException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.MethodClassKey;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** The methods of the beans that have an annotation. Each is read once. Safe to share between threads. */
public final class AnnotatedMethods<A extends Annotation, M> {

    /** Reads what is said of a method. */
    public interface Reader<A, M> {

        /**
         * Reads one.
         *
         * @throws InvalidSyncMethodException if something is wrong with it
         */
        M read(InterceptedMethod described, Method method, A annotation);
    }

    private final Class<A> type;
    private final Reader<A, M> reader;
    private final Map<MethodClassKey, M> read = new ConcurrentHashMap<>();

    public AnnotatedMethods(Class<A> type, Reader<A, M> reader) {
        this.type = type;
        this.reader = reader;
    }

    public Class<A> type() {
        return type;
    }

    /** What is said of a method that has the annotation. */
    public M of(Method method, Class<?> beanType) {
        Method specific = AopUtils.getMostSpecificMethod(method, beanType);
        return read.computeIfAbsent(
                new MethodClassKey(specific, beanType),
                key -> reader.read(
                        InterceptedMethod.of(type, specific, beanType),
                        specific,
                        Objects.requireNonNull(annotation(specific))));
    }

    private @Nullable A annotation(Method method) {
        return AnnotatedElementUtils.findMergedAnnotation(method, type);
    }

    /** What is said of those read so far. */
    public Collection<M> all() {
        return read.values();
    }

    /**
     * Reads all methods of a bean, and makes sure that the proxy intercepts them.
     *
     * @throws InvalidSyncMethodException if something is wrong with one
     */
    void check(Object proxy) {
        Class<?> beanType = AopUtils.getTargetClass(proxy);
        MethodIntrospector.selectMethods(beanType, (MethodIntrospector.MetadataLookup<A>) this::annotation)
                .keySet()
                .forEach(method -> {
                    InterceptedMethod.of(type, method, beanType).checkIntercepted(method, proxy);
                    M unused = of(method, beanType);
                });
    }
}
