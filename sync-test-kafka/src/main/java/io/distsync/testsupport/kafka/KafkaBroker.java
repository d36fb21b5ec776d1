package io.distsync.testsupport.kafka;

/**
 * A Kafka broker on loopback, controller included: a cluster of one, without encryption or authentication, with ports
 * and a folder it keeps over restarts. Calls must come one at a time.
 *
 * <p>It creates no topics by itself, and topics have one replica. What it acknowledged is in the page cache of the
 * system and not forced to disk, as Kafka has it by default: it outlives the broker, even one that is killed.
 */
public interface KafkaBroker extends AutoCloseable {

    /** For clients: {@code 127.0.0.1:port}. */
    String bootstrapServers();

    int port();

    /** Ends the broker the way an operator does, and waits until it is down. Nothing happens if it is down already. */
    void stop();

    /**
     * Starts the broker again, on the same port and with its data, and waits until it serves clients.
     *
     * @throws IllegalStateException if it is running, or if it cannot start
     */
    void start();

    /** Ends the broker and deletes its folder. Once more is harmless. */
    @Override
    void close();
}
