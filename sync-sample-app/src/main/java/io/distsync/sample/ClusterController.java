package io.distsync.sample;

import io.distsync.lease.FencingToken;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The nodes, their leader, a lock and what it guards, over HTTP. What was only asked for is answered by 202. */
@RestController
@RequestMapping("/api")
final class ClusterController {

    private static final long MAX_HOLD_SECONDS = 60;

    private final Cluster cluster;
    private final LockDemo lock;
    private final GuardedUpdater guarded;

    ClusterController(Cluster cluster, LockDemo lock, GuardedUpdater guarded) {
        this.cluster = cluster;
        this.lock = lock;
        this.guarded = guarded;
    }

    @GetMapping("/nodes")
    ClusterView nodes() {
        return cluster.latest();
    }

    @PostMapping("/nodes/resign")
    @ResponseStatus(HttpStatus.ACCEPTED)
    ClusterView resign() {
        cluster.resign();
        return cluster.latest();
    }

    @PostMapping("/lock/hold")
    @ResponseStatus(HttpStatus.ACCEPTED)
    ClusterView hold(@RequestParam(defaultValue = "10") long seconds) {
        lock.hold(Duration.ofSeconds(InvalidInputException.inRange("seconds", seconds, 1, MAX_HOLD_SECONDS)));
        return cluster.latest();
    }

    @PostMapping("/guarded/token")
    PastToken token() {
        return new PastToken(guarded.pastToken().toString());
    }

    @PostMapping("/guarded/write")
    GuardedUpdater.Written write(@RequestParam @Nullable String token) {
        return token == null ? guarded.write() : guarded.write(granted(token));
    }

    /** A token nobody was granted would shut out all who are granted the lock from now on. */
    private FencingToken granted(String text) {
        FencingToken token = parsed(text);
        if (token.compareTo(guarded.pastToken()) > 0) {
            throw new InvalidInputException("token", "'token' was granted to nobody yet.");
        }
        return token;
    }

    private static FencingToken parsed(String text) {
        try {
            return FencingToken.parse(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException("token", "'token' is no fencing token.");
        }
    }

    /** The token of a grant that was given back. */
    record PastToken(String token) {}
}
