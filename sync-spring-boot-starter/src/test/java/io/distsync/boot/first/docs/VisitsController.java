package io.distsync.boot.first.docs;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.boot.SyncListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
class VisitsController {

    private static final Logger log = LoggerFactory.getLogger(VisitsController.class);

    private final SyncService sync;
    private final DistributedSync<Visits> visits;

    VisitsController(SyncService sync, DistributedSync<Visits> visits) {
        this.sync = sync;
        this.visits = visits;
    }

    @PostMapping("/visits")
    Visits visit() {
        return sync.optimisticUpdate(Visits.class, Visits::plusOne).value();
    }

    @GetMapping("/visits")
    Visits visits() {
        return visits.get();
    }

    @SyncListener
    void changed(Visits now) {
        log.info("Visits: {}", now.count());
    }
}
