package io.distsync.boot.autoconfigure;

import io.distsync.DistributedSync;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.SyncTopic;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.boot.LeaderOnly;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncLocked;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RegisteredBean;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.env.Environment;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Tells the builder of a native image what is used by reflection for the beans of an application: their annotated methods,
 * and the types of states, which become JSON and back. Those are known that have {@link SyncTopic} or stand in a signature of a
 * bean, as in {@code DistributedSync<AppState>}; those that occur in the body of a method only are not.
 */
final class SyncAotProcessor implements BeanFactoryInitializationAotProcessor {

    private static final List<Class<? extends Annotation>> ANNOTATIONS =
            List.of(SyncListener.class, SyncLocked.class, LeaderOnly.class);

    /** Types whose argument is the type of a state. */
    private static final Set<Class<?>> OF_A_STATE =
            Set.of(DistributedSync.class, SyncMap.class, Topic.class, Versioned.class);

    @Override
    public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(
            ConfigurableListableBeanFactory beans) {
        if (beans.getBeanNamesForType(SyncService.class, true, false).length == 0) {
            return null;
        }
        return (context, code) -> {
            Needs needs = new Needs(context.getRuntimeHints().reflection());
            annotatedTypes(beans).forEach(needs::state);
            for (String name : beans.getBeanDefinitionNames()) {
                Class<?> type = RegisteredBean.of(beans, name).getBeanClass();
                if (AnnotationUtils.isCandidateClass(type, ANNOTATIONS)) {
                    needs.bean(type);
                }
            }
        };
    }

    private static List<Class<?>> annotatedTypes(ConfigurableListableBeanFactory beans) {
        ClassLoader loader = beans.getBeanClassLoader();
        return AnnotatedTypes.find(beans, beans.getBean(Environment.class), new DefaultResourceLoader(loader))
                .topics()
                .keySet()
                .stream()
                .<Class<?>>map(name -> ClassUtils.resolveClassName(name, loader))
                .toList();
    }

    private record Needs(ReflectionHints hints) {

        private static final BindingReflectionHintsRegistrar BINDING = new BindingReflectionHintsRegistrar();

        void bean(Class<?> type) {
            ReflectionUtils.doWithFields(type, field -> statesIn(ResolvableType.forField(field, type)));
            for (Constructor<?> constructor : type.getDeclaredConstructors()) {
                for (int i = 0; i < constructor.getParameterCount(); i++) {
                    statesIn(ResolvableType.forConstructorParameter(constructor, i));
                }
            }
            ReflectionUtils.doWithMethods(type, method -> {
                statesIn(ResolvableType.forMethodReturnType(method, type));
                for (int i = 0; i < method.getParameterCount(); i++) {
                    statesIn(ResolvableType.forMethodParameter(method, i, type));
                }
            });
            Set<Method> annotated = MethodIntrospector.selectMethods(type, (ReflectionUtils.MethodFilter)
                    method -> ANNOTATIONS.stream().anyMatch(it -> AnnotatedElementUtils.hasAnnotation(method, it)));
            annotated.forEach(method -> annotated(method, type));
            if (!annotated.isEmpty()) {
                // A proxy may have the interfaces of the bean, and then calls all of it by their methods.
                ClassUtils.getAllInterfacesForClassAsSet(type)
                        .forEach(it -> hints.registerType(it, MemberCategory.INVOKE_PUBLIC_METHODS));
            }
        }

        private void annotated(Method method, Class<?> type) {
            hints.registerMethod(method, ExecutableMode.INVOKE);
            if (AnnotatedElementUtils.hasAnnotation(method, SyncListener.class)) {
                states(ListenerSignature.of(method, type).stateType());
            }
            SyncLocked locked = AnnotatedElementUtils.findMergedAnnotation(method, SyncLocked.class);
            if (locked != null && locked.name().contains("#{")) {
                // The expression may call what the arguments have.
                for (Class<?> argument : method.getParameterTypes()) {
                    hints.registerType(
                            argument, MemberCategory.INVOKE_PUBLIC_METHODS, MemberCategory.ACCESS_PUBLIC_FIELDS);
                }
            }
        }

        private void statesIn(ResolvableType signature) {
            for (ResolvableType part : parts(signature)) {
                if (OF_A_STATE.contains(part.toClass())) {
                    states(part.getGeneric(0));
                }
            }
        }

        private void states(ResolvableType type) {
            parts(type).stream()
                    .<Class<?>>map(ResolvableType::resolve)
                    .filter(Objects::nonNull)
                    .forEach(this::state);
        }

        void state(Class<?> type) {
            BINDING.registerReflectionHints(hints, type);
        }

        /** The type, its arguments, and theirs. */
        private static Set<ResolvableType> parts(ResolvableType type) {
            Set<ResolvableType> parts = new LinkedHashSet<>();
            addTo(parts, type);
            return parts;
        }

        private static void addTo(Set<ResolvableType> parts, ResolvableType type) {
            if (parts.add(type)) {
                for (ResolvableType argument : type.getGenerics()) {
                    addTo(parts, argument);
                }
            }
        }
    }
}
