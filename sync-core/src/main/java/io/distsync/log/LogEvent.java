package io.distsync.log;

import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * What operators are told by the log, each with a name that goes along with the text and stays the same when that changes: as {@value
 * #KEY}, of which structured formats make the field of that name. The list of docs/failures.md is made from this.
 */
public enum LogEvent {
    DISPATCHER_FAILED("sync.dispatcher.failed", Level.ERROR, "a defect of the library"),
    LISTENERS_INTERRUPTED("sync.listeners.interrupted", Level.WARN, "listeners outlasted the shutdown grace"),
    TIMER_FAILED("sync.timer.failed", Level.ERROR, "a defect of the library"),
    CALLBACK_FAILED("sync.callback.failed", Level.ERROR, "a callback of an application about something held threw"),
    LEASE_LOSS_UNTOLD("sync.lease.loss_untold", Level.ERROR, "a callback about a loss threw"),
    PIPELINE_FORESIGHT_FAILED(
            "sync.pipeline.foresight_failed", Level.WARN, "a defect of a backend; commits go one by one"),
    PIPELINE_FAILED("sync.pipeline.failed", Level.ERROR, "a defect of the library; the calls concerned fail"),
    HANDLE_NOT_CLOSED("sync.handle.not_closed", Level.ERROR, "while the service was closed"),
    VIEW_RESET("sync.view.reset", Level.WARN, "history was lost, rewound or trimmed; listeners are reset"),
    VALUE_UNDECODABLE("sync.value.undecodable", Level.ERROR, "the codec cannot read a stored value"),
    LISTENER_FAILED("sync.listener.failed", Level.ERROR, "a listener threw"),
    LISTENER_ERROR_CALLBACK_FAILED("sync.listener.error_callback_failed", Level.ERROR, "its `onError` threw, too"),
    LISTENER_OUTLASTED_CLOSE(
            "sync.listener.outlasted_close", Level.WARN, "a callback did not return while its subscription was closed"),
    FOLLOWER_FAILED("sync.follower.failed", Level.ERROR, "a defect of the library; what was missed is read again"),
    FOLLOWER_RESET(
            "sync.follower.reset",
            Level.INFO,
            "a follower is not on the history there is: it was away for too long, or history was lost or deleted"),
    FOLLOWER_READ_FAILED(
            "sync.follower.read_failed", Level.WARN, "three reads in a row failed although the store is there"),
    FOLLOWER_LISTENER_FAILED("sync.follower.listener_failed", Level.ERROR, "a listener of the SPI threw"),
    STORE_CONNECTED("sync.store.connected", Level.INFO, "Redis answers"),
    STORE_REPLACED(
            "sync.store.replaced",
            Level.INFO,
            "Redis was restarted or replaced; the next commit to each topic opens a new epoch"),
    STORE_EVICTS("sync.store.evicts", Level.WARN, "the `maxmemory-policy` is one for caches"),
    STORE_UNREACHABLE("sync.store.unreachable", Level.WARN, "no connection could be made; told once"),
    STORE_LOST("sync.store.lost", Level.WARN, "there was a connection"),
    STORE_DEMOTED("sync.store.demoted", Level.INFO, "the cluster has another master for its slots"),
    FEED_MESSAGE_FOREIGN("sync.feed.message_foreign", Level.WARN, "somebody else publishes on a channel of ours"),
    FEED_ENTRY_FOREIGN("sync.feed.entry_foreign", Level.WARN, "somebody else writes to a log of ours"),
    FEED_HEAD_FOREIGN("sync.feed.head_foreign", Level.WARN, "somebody else writes to the state of a topic"),
    SWEEP_TOPIC_FOREIGN("sync.sweep.topic_foreign", Level.WARN, "somebody else writes there"),
    SWEEP_SLOT_FOREIGN("sync.sweep.slot_foreign", Level.WARN, "somebody else writes there"),
    SWEEP_FAILED("sync.sweep.failed", Level.WARN, "what is due there expires later"),
    OUTBOX_COMMIT_MISSING(
            "sync.outbox.commit_missing",
            Level.WARN,
            "a commit cannot be broadcast any more, or never came to be, which is harmless"),
    OUTBOX_UNREADABLE("sync.outbox.unreadable", Level.WARN, "tried again with the next sweep"),
    OUTBOX_OVERFLOWED("sync.outbox.overflowed", Level.WARN, "the oldest commits were dropped"),
    OUTBOX_ENTRY_FOREIGN("sync.outbox.entry_foreign", Level.ERROR, "somebody else writes there"),
    OUTBOX_COMMIT_FOREIGN("sync.outbox.commit_foreign", Level.ERROR, "its entry in the log is not one of ours"),
    OUTBOX_READ_FAILED("sync.outbox.read_failed", Level.WARN, "tried again"),
    BROADCAST_CONNECTED("sync.broadcast.connected", Level.INFO, "for the first time, or again"),
    BROADCAST_UNREACHABLE("sync.broadcast.unreachable", Level.WARN, "told once"),
    BROADCAST_TOPIC_CREATED("sync.broadcast.topic_created", Level.INFO, "it was missing"),
    BROADCAST_TOPIC_UNUSABLE("sync.broadcast.topic_unusable", Level.ERROR, "why a Kafka topic is not used"),
    BROADCAST_HANDOVER_FAILED(
            "sync.broadcast.handover_failed", Level.ERROR, "a defect of the library; the commit stays in the outbox"),
    BROADCAST_FAILED("sync.broadcast.failed", Level.WARN, "stays in the outbox"),
    BROADCAST_READ_FAILED("sync.broadcast.read_failed", Level.WARN, "changes are read from Redis meanwhile"),
    BROADCAST_READ_MOVED(
            "sync.broadcast.read_moved", Level.INFO, "records were deleted or truncated before they were read"),
    BROADCAST_READ_FORBIDDEN("sync.broadcast.read_forbidden", Level.WARN, "a right is missing"),
    BROADCAST_RECORD_FOREIGN(
            "sync.broadcast.record_foreign", Level.WARN, "somebody else writes to Kafka topics of ours"),
    BROADCAST_NOT_CLOSED("sync.broadcast.not_closed", Level.WARN, "while the backend was closed"),
    BROADCAST_UNRESOLVED("sync.broadcast.unresolved", Level.WARN, "of all brokers that are configured"),
    BROADCAST_CLIENTS_FAILED("sync.broadcast.clients_failed", Level.ERROR, "settings that Kafka's clients do not take"),
    QUEUE_ANSWER_LOST("sync.queue.answer_lost", Level.ERROR, "a defect of the library"),
    REGISTRY_HEALTH_TURNED("sync.registry.health_turned", Level.INFO, "`up` or `down`"),
    REGISTRY_ENTRY_LOST(
            "sync.registry.entry_lost",
            Level.WARN,
            "the process stood still, the store was away for too long, or lost its data"),
    REGISTRY_ENTRY_BACK("sync.registry.entry_back", Level.INFO, "after it was lost"),
    REGISTRY_REFUSED("sync.registry.refused", Level.WARN, "the reason is with it"),
    REGISTRY_REPLACED("sync.registry.replaced", Level.WARN, "two processes have one id"),
    REGISTRY_CHECK_FAILED(
            "sync.registry.check_failed", Level.WARN, "the first failure in a row; further ones at `DEBUG`"),
    REGISTRY_LISTENER_FAILED("sync.registry.listener_failed", Level.ERROR, "a listener of a service threw"),
    REGISTRY_LISTENER_OUTLASTED_CLOSE(
            "sync.registry.listener_outlasted_close",
            Level.WARN,
            "it did not return while its subscription was closed"),
    ELECTION_LISTENER_FAILED("sync.election.listener_failed", Level.ERROR, "`elected` or `revoked` threw"),
    ELECTION_LISTENER_NOT_CALLED("sync.election.listener_not_called", Level.ERROR, "there is no thread for it"),
    ELECTION_HEALTH_TURNED("sync.election.health_turned", Level.INFO, "`healthy` or `not healthy`"),
    ELECTION_HEALTH_FAILED("sync.election.health_failed", Level.WARN, "the check threw"),
    ELECTION_REFUSED("sync.election.refused", Level.WARN, "the reason is with it"),
    ELECTION_FAILED("sync.election.failed", Level.ERROR, "a defect of the library"),
    ELECTION_NO_THREAD("sync.election.no_thread", Level.ERROR, "the process has as many threads as it may"),
    CIRCUIT_FAILED("sync.circuit.failed", Level.ERROR, "a consumer of its events threw"),
    CIRCUIT_CLOSED("sync.circuit.closed", Level.INFO, "calls go to the store again"),
    CIRCUIT_OPEN(
            "sync.circuit.open",
            Level.WARN,
            "calls fail at once from now on; opened by hand, or since when there was no answer"),
    LISTENER_STOPPED("sync.listener.stopped", Level.ERROR, "a method with `STOP_LISTENER` threw"),
    LISTENER_ERROR_HANDLER_FAILED(
            "sync.listener.error_handler_failed", Level.ERROR, "a `SyncListenerErrorHandler` threw"),
    LOCK_LOST_IN_CALL("sync.lock.lost_in_call", Level.WARN, "a method with `@SyncLocked` went on without its lock");

    /** The key of the name, as the Elastic Common Schema has it. */
    public static final String KEY = "event.action";

    private final String id;
    private final Level level;
    private final String meaning;

    LogEvent(String id, Level level, String meaning) {
        this.id = id;
        this.level = level;
        this.meaning = meaning;
    }

    /**
     * Whether so many of the same are worth a line: the first, the second, the fourth, and so on. What is said of each would
     * fill the log, as whoever writes nonsense writes much of it.
     */
    public static boolean isMilestone(long count) {
        return Long.bitCount(count) == 1;
    }

    /** A line about this event, at its level, to be completed with a text. */
    public LoggingEventBuilder on(Logger log) {
        return log.atLevel(level).addKeyValue(KEY, id);
    }

    /** The name that goes along with the line. */
    public String id() {
        return id;
    }

    public Level level() {
        return level;
    }

    /** What it means, for the document. */
    public String meaning() {
        return meaning;
    }
}
