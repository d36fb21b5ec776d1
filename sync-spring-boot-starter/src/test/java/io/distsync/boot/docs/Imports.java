package io.distsync.boot.docs;

import io.distsync.boot.LeaderOnly;
import io.distsync.boot.LeadershipGranted;
import io.distsync.boot.LeadershipRevoked;
import io.distsync.boot.SyncLeadership;
import io.distsync.lease.FencingToken;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.Scheduled;

/** The methods with leadership of the elections' page. */
class Imports {

    private final List<Object> done = new CopyOnWriteArrayList<>();
    private final SyncLeadership leadership;

    Imports(SyncLeadership leadership) {
        this.leadership = leadership;
    }

    @Scheduled(fixedDelay = 1_000)
    @LeaderOnly("importer")
    public void importNext() {
        write(leadership.current().token());
    }

    @EventListener
    public void begin(LeadershipGranted event) {
        connect(event.election());
    }

    @EventListener
    public void end(LeadershipRevoked event) {
        disconnect(event.election());
    }

    List<Object> done() {
        return done;
    }

    private void write(FencingToken token) {
        done.add(token);
    }

    private void connect(String election) {
        done.add("begins " + election);
    }

    private void disconnect(String election) {
        done.add("ends " + election);
    }
}
