package io.distsync.boot.autoconfigure;

import io.distsync.SyncTopic;
import io.distsync.Topic;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.beans.factory.ObjectProvider;

/**
 * The topics an application declares, by name: its {@link Topic} beans, its types with {@link SyncTopic}, and those that are
 * configured. Whether they are used, and on which node, does not matter: nodes must agree, and those of one application have
 * the same classes.
 *
 * @param names in alphabetical order
 */
record DeclaredTopics(Set<String> names) {

    /**
     * All of them.
     *
     * @param configured further names, known to be valid
     * @throws InvalidSyncTopicException if a type names a topic that cannot be
     */
    static DeclaredTopics of(ObjectProvider<Topic<?>> topics, AnnotatedTypes types, Collection<String> configured) {
        Set<String> names = new TreeSet<>(configured);
        topics.stream().map(Topic::name).forEach(names::add);
        types.topics()
                .forEach((type, name) -> names.add(InvalidSyncTopicException.check(name, "@SyncTopic on " + type)));
        return new DeclaredTopics(names);
    }
}
