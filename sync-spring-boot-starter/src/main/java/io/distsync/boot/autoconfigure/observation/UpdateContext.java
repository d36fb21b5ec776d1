package io.distsync.boot.autoconfigure.observation;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call that may change a topic; what is put into the carrier travels with its changes. */
public final class UpdateContext extends SenderContext<Map<String, String>> {

    private final String topic;
    private final String operation;
    private @Nullable String outcome;

    UpdateContext(String topic, String operation) {
        super(
                (carrier, name, value) -> {
                    if (carrier != null) {
                        carrier.put(name, value);
                    }
                },
                Kind.PRODUCER);
        this.topic = topic;
        this.operation = operation;
        setCarrier(new HashMap<>());
    }

    /** Name of the topic. */
    public String topic() {
        return topic;
    }

    /** One of {@code update}, {@code send}, {@code delete}, {@code compare_and_set} and {@code commit}. */
    public String operation() {
        return operation;
    }

    /** What came of it, {@code null} while it goes on. */
    public @Nullable String outcome() {
        return outcome;
    }

    void end(String value) {
        outcome = value;
    }
}
