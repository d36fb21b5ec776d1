package io.distsync.boot.autoconfigure.observation;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import java.util.Map;

/** A call of a listener; the carrier is what travelled with the change it is told. */
public final class ListenerContext extends ReceiverContext<Map<String, String>> {

    private final String topic;
    private final String listener;

    ListenerContext(String topic, String listener, Map<String, String> headers) {
        super((carrier, name) -> carrier.get(name), Kind.CONSUMER);
        this.topic = topic;
        this.listener = listener;
        setCarrier(headers);
    }

    /** Name of the topic. */
    public String topic() {
        return topic;
    }

    /** Name of the listener. */
    public String listener() {
        return listener;
    }
}
