package io.distsync.boot.docs;

import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.SyncLockedGrants;
import io.distsync.lease.FencingToken;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.scheduling.annotation.Scheduled;

/** The methods with locks of the locks' page. */
class Orders {

    private final List<String> shipped = new CopyOnWriteArrayList<>();
    private final AtomicInteger reports = new AtomicInteger();
    private final SyncLockedGrants grants;

    Orders(SyncLockedGrants grants) {
        this.grants = grants;
    }

    @SyncLocked("order:#{#id}")
    public void ship(String id) {
        send(id, grants.current().token());
    }

    @Scheduled(cron = "0 0 2 * * *")
    @SyncLocked(name = "report", onBusy = OnBusy.SKIP, atLeastFor = "1m")
    public void report() {
        writeReport();
    }

    List<String> shipped() {
        return shipped;
    }

    int reports() {
        return reports.get();
    }

    private void send(String id, FencingToken token) {
        shipped.add(id + " " + token);
    }

    private void writeReport() {
        reports.incrementAndGet();
    }
}
