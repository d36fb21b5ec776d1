package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.docs.GuideExamplesTest.AppState;
import org.junit.jupiter.api.Test;

/** The code of the README that needs no Spring; its state is the guide's. */
class ReadmeExamplesTest {

    private long counter;

    @Test
    void withoutSpring() {
        try (SyncService service = SyncService.local()) {
            Versioned<AppState> counted = service.optimisticUpdate(AppState.class, state -> state.plus(1));
            counter = counted.value().counter();
        }

        assertThat(counter).isEqualTo(1);
    }
}
