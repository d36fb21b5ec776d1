package io.distsync.backend;

/** What a fixture must be able to do for certain cases to be played. */
public enum Capability {

    /** Opens a second client of the same store. */
    SECOND_CLIENT,

    /** Moves the store's time forward. */
    TIME,

    /** Makes the wall clock jump, forward and back. */
    WALL_CLOCK,

    /** Cuts and heals the connection between a client and the store. */
    CONNECTION,

    /** Lets a connection fall silent without closing it. */
    SILENCE,

    /** Swallows the reply of a commit that the store has carried out. */
    LOST_REPLY,

    /** Lets the store refuse one request for a passing reason. */
    REFUSAL,

    /** Restarts the store with its data. */
    RESTART,

    /** Brings the store back to an earlier moment, as a fail-over to a replica that was behind. */
    REWIND,

    /** Loses the entries of a topic and keeps its log. */
    LOSE_STATE,

    /** Loses the log of a topic and keeps its entries. */
    LOSE_LOG,

    /** Loses entries and log of a topic. */
    LOSE_TOPIC,

    /** Empties the caches of the store, such as those of scripts. */
    FLUSH_CACHES,

    /** Puts data of a foreign kind where a topic should be. */
    FOREIGN_DATA,

    /** Puts data of an unknown layout version where a topic should be. */
    UNKNOWN_LAYOUT
}
