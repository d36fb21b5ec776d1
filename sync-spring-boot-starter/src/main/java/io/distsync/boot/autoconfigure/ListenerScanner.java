package io.distsync.boot.autoconfigure;

import io.distsync.Topic;
import io.distsync.boot.ErrorHandling;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncListenerErrorHandler;
import java.lang.reflect.Method;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.EmbeddedValueResolver;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;

/**
 * Finds the {@link SyncListener} methods of the context once all singletons are there. It looks at classes, not at
 * instances: a lazy bean stays uncreated until its first call, and every mistake is found at start-up all the same.
 */
final class ListenerScanner implements SmartInitializingSingleton {

    private final ConfigurableListableBeanFactory beans;
    private final TopicCatalog topics;
    private final ListenerLifecycle lifecycle;
    private final EmbeddedValueResolver values;

    ListenerScanner(ConfigurableListableBeanFactory beans, TopicCatalog topics, ListenerLifecycle lifecycle) {
        this.beans = beans;
        this.topics = topics;
        this.lifecycle = lifecycle;
        this.values = new EmbeddedValueResolver(beans);
    }

    @Override
    public void afterSingletonsInstantiated() {
        for (String beanName : beans.getBeanNamesForType(Object.class)) {
            // A scoped target is reached through its proxy, which is a bean of its own.
            if (!ScopedProxyUtils.isScopedTarget(beanName)) {
                Class<?> type = targetClass(beanName);
                if (type != null) {
                    scan(beanName, type);
                }
            }
        }
    }

    private @Nullable Class<?> targetClass(String beanName) {
        String scopedTarget = ScopedProxyUtils.getTargetBeanName(beanName);
        String definition = beans.containsBeanDefinition(scopedTarget) ? scopedTarget : beanName;
        Object singleton = beans.getSingleton(definition);
        return singleton == null || singleton instanceof FactoryBean
                ? AutoProxyUtils.determineTargetClass(beans, definition)
                : AopProxyUtils.ultimateTargetClass(singleton);
    }

    private void scan(String beanName, Class<?> type) {
        if (!AnnotationUtils.isCandidateClass(type, SyncListener.class)) {
            return;
        }
        Map<Method, SyncListener> methods =
                MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<SyncListener>)
                        method -> AnnotatedElementUtils.findMergedAnnotation(method, SyncListener.class));
        methods.forEach((method, annotation) -> add(beanName, ClassUtils.getUserClass(type), method, annotation));
    }

    private void add(String beanName, Class<?> type, Method method, SyncListener annotation) {
        ListenerSignature signature = ListenerSignature.of(method, type);
        String place = signature.toString();
        String topicName = resolve(annotation.topic(), "topic", place);
        Topic<?> topic = topicName.isEmpty()
                ? topics.ofType(
                        signature.stateType(),
                        "@SyncListener method " + place,
                        "or set the attribute topic of @SyncListener.")
                : topics.named(topicName, signature.stateType(), "@SyncListener method " + place);
        ListenerTarget target = new ListenerTarget(beans, beanName, signature);
        if (beans.containsSingleton(beanName)) {
            target.check();
        }
        String id = resolve(annotation.id(), "id", place);
        lifecycle.add(
                new ListenerContainer<>(
                        id.isEmpty() ? generatedId(beanName, method) : id,
                        topic,
                        annotation.delivery(),
                        target,
                        errorHandler(annotation, place),
                        autoStartup(annotation, place)),
                place);
    }

    private String generatedId(String beanName, Method method) {
        String id = beanName + "." + method.getName();
        for (int n = 2; lifecycle.contains(id); n++) {
            id = beanName + "." + method.getName() + "-" + n;
        }
        return id;
    }

    private SyncListenerErrorHandler errorHandler(SyncListener annotation, String place) {
        String name = resolve(annotation.errorHandler(), "errorHandler", place);
        ErrorHandling handling = annotation.errorHandling();
        if (name.isEmpty()) {
            return (listener, error) -> handling;
        }
        try {
            return beans.getBean(name, SyncListenerErrorHandler.class);
        } catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException e) {
            throw new InvalidSyncListenerException(
                    place,
                    "names the error handler '" + name + "', which is no bean of type SyncListenerErrorHandler.",
                    "Define such a bean, or use the attribute errorHandling.");
        }
    }

    private boolean autoStartup(SyncListener annotation, String place) {
        String value = resolve(annotation.autoStartup(), "autoStartup", place);
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw new InvalidSyncListenerException(
                    place, "has autoStartup = '" + value + "'.", "Set autoStartup to true or false.");
        }
        return Boolean.parseBoolean(value);
    }

    private String resolve(String text, String attribute, String place) {
        try {
            String resolved = values.resolveStringValue(text);
            return resolved == null ? "" : resolved;
        } catch (RuntimeException e) {
            throw new InvalidSyncListenerException(
                    place,
                    "has " + attribute + " = '" + text + "', which cannot be resolved: " + e.getMessage(),
                    "Define what it refers to, or give it a default as in ${name:default}.");
        }
    }
}
