package io.distsync.boot.autoconfigure;

import io.distsync.SyncTopic;
import io.distsync.Topic;
import io.distsync.version.Limits;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.filter.AnnotationTypeFilter;

/**
 * The topics an application declares, by name: its {@link Topic} beans, its types with {@link SyncTopic}, and those that are
 * configured. Whether they are used, and on which node, does not matter: nodes must agree, and those of one application have
 * the same classes.
 *
 * @param names in alphabetical order
 */
record DeclaredTopics(Set<String> names) {

    /**
     * Looks for them. Classes are read and not loaded.
     *
     * @param configured further names, known to be valid
     */
    static DeclaredTopics find(
            ObjectProvider<Topic<?>> topics,
            Collection<String> configured,
            ListableBeanFactory beans,
            Environment environment,
            ResourceLoader resources) {
        Set<String> names = new TreeSet<>(configured);
        topics.stream().map(Topic::name).forEach(names::add);
        if (AutoConfigurationPackages.has(beans)) {
            AnnotatedTypes types = new AnnotatedTypes(environment, resources);
            AutoConfigurationPackages.get(beans)
                    .forEach(name -> types.findCandidateComponents(name).forEach(type -> names.add(topicOf(type))));
        }
        return new DeclaredTopics(names);
    }

    private static String topicOf(BeanDefinition type) {
        AnnotationMetadata metadata = ((AnnotatedBeanDefinition) type).getMetadata();
        String name = metadata.getAnnotations().get(SyncTopic.class).getString(MergedAnnotation.VALUE);
        try {
            return Limits.checkTopic(name);
        } catch (IllegalArgumentException e) {
            throw InvalidSyncTopicException.badName(
                    "@SyncTopic on " + metadata.getClassName(), String.valueOf(e.getMessage()));
        }
    }

    /** Takes every annotated type: a state may be an interface, and need not be one that could be a bean. */
    private static final class AnnotatedTypes extends ClassPathScanningCandidateComponentProvider {

        AnnotatedTypes(Environment environment, ResourceLoader resources) {
            super(false, environment);
            setResourceLoader(resources);
            addIncludeFilter(new AnnotationTypeFilter(SyncTopic.class, false));
        }

        @Override
        protected boolean isCandidateComponent(AnnotatedBeanDefinition definition) {
            return true;
        }
    }
}
