package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.error.SyncException;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A commit the user has put together; travels alone, and a conflict is its result. */
final class CommitOperation<V> extends Operation<V, CommitOutcome<V>> {

    private static final String NO_DRAFT = "a commit of its own takes no part in a draft";

    private final UpdatePipeline<V> pipeline;
    private final List<Check> checks;
    private final List<Mutation> mutations;
    private final Selection selection;

    CommitOperation(UpdatePipeline<V> pipeline, CommitBuilder<V> builder) {
        super(pipeline);
        this.pipeline = pipeline;
        this.checks = List.copyOf(builder.checks());
        this.mutations = List.copyOf(builder.mutations());
        this.selection = builder.selection();
        pipeline.format().requireSmall(mutations);
    }

    Commit commit(RequestId request, Version known) {
        Topic<V> topic = pipeline.topic();
        List<Map<String, String>> headers =
                headers().isEmpty() ? List.of() : Collections.nCopies(mutations.size(), headers());
        return new Commit(topic.name(), request, known, checks, mutations, selection, topic.options(), headers);
    }

    @Override
    String kind() {
        return "commit";
    }

    @Override
    void apply(Draft<V> draft) {
        throw new IllegalStateException(NO_DRAFT);
    }

    @Override
    void settle(Draft<V> draft, Committed committed) {
        throw new IllegalStateException(NO_DRAFT);
    }

    void settle(Committed committed) {
        try {
            List<CommitOutcome.Written<V>> written = new ArrayList<>(mutations.size());
            for (int i = 0; i < mutations.size(); i++) {
                written.add(written(mutations.get(i), committed.outcome(i)));
            }
            succeed(new CommitOutcome.Committed<>(committed.head(), written, page(committed.selected())));
        } catch (SyncException e) {
            fail(e);
        }
    }

    void settle(Conflict conflict) {
        try {
            List<CommitOutcome.Failed<V>> failed =
                    conflict.failed().stream().map(this::failed).toList();
            succeed(new CommitOutcome.Conflict<>(conflict.head(), failed, page(conflict.selected())));
        } catch (SyncException e) {
            fail(e);
        }
    }

    /** The keys of which nothing is known any more after this commit. */
    Set<String> touchedKeys(Committed committed) {
        return committed.outcomes().stream()
                .filter(Objects::nonNull)
                .map(Change::key)
                .collect(Collectors.toSet());
    }

    private CommitOutcome.Written<V> written(Mutation mutation, @Nullable Change change) {
        if (change == null) {
            String key = ((Mutation.Delete) mutation).key();
            return new CommitOutcome.Written<>(key, pipeline.format().absent(Version.ABSENT), false);
        }
        Versioned<V> versioned = pipeline.format().versioned(change);
        return new CommitOutcome.Written<>(change.key(), versioned, true);
    }

    private CommitOutcome.Failed<V> failed(FailedCheck failed) {
        if (failed.fence() != null) {
            return new CommitOutcome.Failed<>(failed.check(), null, failed.fence());
        }
        Versioned<V> current = failed.entry() == null
                ? pipeline.format().absent(Version.ABSENT)
                : pipeline.format().versioned(failed.entry());
        return new CommitOutcome.Failed<>(failed.check(), current, null);
    }

    private MapPage<V> page(Page page) {
        return pipeline.format().page(page);
    }
}
