package io.distsync.boot.autoconfigure.election;

import io.distsync.boot.LeaderOnly;
import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLeadership;
import io.distsync.boot.autoconfigure.method.InterceptedMethod;
import io.distsync.version.Limits;
import java.lang.reflect.Method;
import java.util.function.UnaryOperator;

/** What is said of a {@link LeaderOnly} method. */
record LeaderMethod(InterceptedMethod method, String election, OnBusy otherwise) {

    /** @param placeholders replaces them in a text */
    static LeaderMethod of(
            InterceptedMethod described, Method method, LeaderOnly annotation, UnaryOperator<String> placeholders) {
        described.checkReturnType(method, annotation.otherwise(), SyncLeadership.class);
        return new LeaderMethod(
                described, election(described, annotation.name(), placeholders), annotation.otherwise());
    }

    private static String election(InterceptedMethod described, String name, UnaryOperator<String> placeholders) {
        try {
            return Limits.checkTopic(placeholders.apply(name));
        } catch (IllegalArgumentException e) {
            throw described.invalid(
                    "has name = '" + name + "', which cannot be used: " + e.getMessage(),
                    "Give the election a name such as importer.");
        }
    }
}
