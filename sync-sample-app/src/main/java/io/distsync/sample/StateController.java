package io.distsync.sample;

import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * The shared state over HTTP. Answers to changes carry a {@code Server-Timing} header: how long the change itself took
 * on this node, so that a client can tell it from the time on the wire.
 */
@RestController
@RequestMapping("/api")
final class StateController {

    private static final long MAX_INCREMENT = 1_000_000;

    private final StateUpdater updater;
    private final NodeView view;
    private final Burst burst;
    private final ChangeLog changes;

    StateController(StateUpdater updater, NodeView view, Burst burst, ChangeLog changes) {
        this.updater = updater;
        this.view = view;
        this.burst = burst;
        this.changes = changes;
    }

    @GetMapping("/state")
    StateView state() {
        return view.latest();
    }

    @GetMapping("/changes")
    List<ChangeLog.Entry> changes() {
        return changes.newestFirst();
    }

    @PostMapping("/state/increment")
    ResponseEntity<StateView> increment(@RequestParam(defaultValue = "1") long by) {
        InvalidInputException.inRange("by", by, 1, MAX_INCREMENT);
        return timed("increment", () -> view.of(updater.increment(by)));
    }

    @PostMapping("/state/burst")
    ResponseEntity<Burst.Result> burst(@RequestParam(defaultValue = "500") int n) {
        InvalidInputException.inRange("n", n, 1, Burst.MAX_INCREMENTS);
        return timed("burst", () -> burst.run(n));
    }

    @PutMapping("/state")
    ResponseEntity<StateView> send(@RequestBody StateRequest request) {
        AppState state = request.toState();
        return timed("send", () -> view.of(updater.send(state)));
    }

    @DeleteMapping("/state")
    ResponseEntity<Deleted> delete() {
        return timed("delete", () -> {
            boolean deleted = updater.delete();
            return new Deleted(deleted, view.latest());
        });
    }

    private static <R> ResponseEntity<R> timed(String what, Supplier<R> change) {
        long begin = System.nanoTime();
        R result = change.get();
        double millis = (System.nanoTime() - begin) / 1e6;
        return ResponseEntity.ok()
                .header("Server-Timing", String.format(Locale.ROOT, "%s;dur=%.3f", what, millis))
                .body(result);
    }

    /**
     * Answer to a delete.
     *
     * @param deleted whether there was something
     * @param state what this node knows afterwards
     */
    record Deleted(boolean deleted, StateView state) {}

    /** A state as clients send it. */
    record StateRequest(@Nullable Long counter, @Nullable String note) {

        private static final int MAX_NOTE = 1_000;

        AppState toState() {
            if (counter == null) {
                throw new InvalidInputException("counter", "'counter' is missing.");
            }
            return new AppState(counter, note == null ? "" : checked(note));
        }

        private static String checked(String note) {
            if (note.length() > MAX_NOTE) {
                throw new InvalidInputException(
                        "note", "'note' must have at most " + MAX_NOTE + " characters, but has " + note.length() + ".");
            }
            if (note.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
                throw new InvalidInputException("note", "'note' has half a surrogate pair, which is no character.");
            }
            return note;
        }
    }
}
