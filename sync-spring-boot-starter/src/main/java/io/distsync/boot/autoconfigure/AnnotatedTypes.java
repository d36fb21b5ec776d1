package io.distsync.boot.autoconfigure;

import io.distsync.SyncTopic;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionBuilder;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.filter.AnnotationTypeFilter;

/**
 * The types with {@link SyncTopic} in the packages of an application. Classes are read and not loaded.
 *
 * @param topics the topic each names, known to be valid or not, by the name of the class
 */
record AnnotatedTypes(Map<String, String> topics) {

    /** Looks for them. */
    static AnnotatedTypes find(BeanFactory beans, Environment environment, ResourceLoader resources) {
        Map<String, String> topics = new TreeMap<>();
        if (AutoConfigurationPackages.has(beans)) {
            Search search = new Search(environment, resources);
            AutoConfigurationPackages.get(beans)
                    .forEach(name -> search.findCandidateComponents(name)
                            .forEach(type -> topics.put(type.getBeanClassName(), topicOf(type))));
        }
        return new AnnotatedTypes(topics);
    }

    private static String topicOf(BeanDefinition type) {
        return ((AnnotatedBeanDefinition) type)
                .getMetadata()
                .getAnnotations()
                .get(SyncTopic.class)
                .getString(MergedAnnotation.VALUE);
    }

    /**
     * Makes them a bean. An application that is processed ahead of time has found them then; a native image has no class
     * path to search.
     */
    static final class Registrar implements ImportBeanDefinitionRegistrar {

        private final BeanFactory beans;
        private final Environment environment;
        private final ResourceLoader resources;

        Registrar(BeanFactory beans, Environment environment, ResourceLoader resources) {
            this.beans = beans;
            this.environment = environment;
            this.resources = resources;
        }

        @Override
        public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
            registry.registerBeanDefinition(
                    "syncAnnotatedTypes",
                    BeanDefinitionBuilder.rootBeanDefinition(AnnotatedTypes.class)
                            .addConstructorArgValue(
                                    find(beans, environment, resources).topics())
                            .getBeanDefinition());
        }
    }

    /** Takes every annotated type: a state may be an interface, and need not be one that could be a bean. */
    private static final class Search extends ClassPathScanningCandidateComponentProvider {

        Search(Environment environment, ResourceLoader resources) {
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
