package io.distsync.backend.kafka;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.backend.support.VersionText;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A change as a record: the topic is its key, the payload its value, everything else is in headers, as text; the change's own
 * headers are headers of the record under their names. A record without a value is a delete, an expiry, or a write of a topic
 * that logs no payloads; the cause tells which.
 *
 * <p>The form is for others to read, so it is documented (docs/kafka.md) and has a number. A reader ignores headers it does
 * not know; what an older reader would misunderstand gets another number.
 */
final class RecordFormat {

    static final String FORMAT = "sync-format";
    static final String TOPIC = "sync-topic";
    static final String KEY = "sync-key";
    static final String VERSION = "sync-version";
    static final String PREVIOUS_LINK = "sync-previous-link";
    static final String PREVIOUS = "sync-previous";
    static final String CAUSE = "sync-cause";
    static final String REQUEST = "sync-request";
    static final String PLACE = "sync-place";

    private static final int HEADERS = 9;

    /** More than key and headers of a record can have. */
    static final int OVERHEAD = 16 * 1_024;

    private static final byte[] ONE = {'1'};

    private RecordFormat() {}

    static byte[] key(String topic) {
        return topic.getBytes(StandardCharsets.US_ASCII);
    }

    /** Where the records of a topic are: Kafka's own partitioner, which knows nothing but the key, would put them there. */
    static int partition(byte[] topic, int partitions) {
        return Utils.toPositive(Utils.murmur2(topic)) % partitions;
    }

    static ProducerRecord<byte[], byte[]> record(String kafkaTopic, int partition, byte[] topic, Change change) {
        Payload payload = change.payload();
        Header[] headers = new Header[HEADERS + change.headers().size()];
        headers[0] = new RecordHeader(FORMAT, ONE);
        headers[1] = new RecordHeader(TOPIC, topic);
        headers[2] = new RecordHeader(KEY, KeyText.encode(change.key()));
        headers[3] = new RecordHeader(VERSION, VersionText.bytes(change.version()));
        headers[4] = new RecordHeader(PREVIOUS_LINK, ascii(VersionText.link(change.previousLink())));
        headers[5] = new RecordHeader(PREVIOUS, VersionText.bytes(change.previous()));
        headers[6] = new RecordHeader(CAUSE, ascii(change.cause().name()));
        headers[7] = new RecordHeader(REQUEST, ascii(change.request().toString()));
        headers[8] = new RecordHeader(PLACE, ascii(change.index() + "/" + change.count()));
        int next = HEADERS;
        for (Map.Entry<String, String> header : change.headers().entrySet()) {
            headers[next++] =
                    new RecordHeader(header.getKey(), header.getValue().getBytes(StandardCharsets.UTF_8));
        }
        return new ProducerRecord<>(
                kafkaTopic, partition, topic, payload == null ? null : payload.bytes(), List.of(headers));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** @throws MalformedDataException if the record is not one of ours, or of a later format */
    static Change change(ConsumerRecord<byte[], byte[]> record) {
        Headers headers = record.headers();
        String format = text(headers, FORMAT);
        if (!format.equals("1")) {
            throw new MalformedDataException("format " + format + " of a record is not known, only 1 is");
        }
        try {
            String place = text(headers, PLACE);
            int slash = place.indexOf('/');
            int index = Integer.parseInt(place, 0, slash, 10);
            int count = Integer.parseInt(place, slash + 1, place.length(), 10);
            if (index < 0 || index >= count || count > Limits.MAX_MUTATIONS) {
                throw new MalformedDataException("no place in a commit: " + place);
            }
            Cause cause = Cause.valueOf(text(headers, CAUSE));
            byte[] value = record.value();
            Version version = version(headers, VERSION);
            if (version.revision() <= index) {
                throw new MalformedDataException("revision " + version.revision() + " cannot be at " + place);
            }
            return new Change(
                    version,
                    Long.parseUnsignedLong(text(headers, PREVIOUS_LINK), 16),
                    Limits.checkKey(KeyText.decode(header(headers, KEY))),
                    version(headers, PREVIOUS),
                    payload(cause, value),
                    cause,
                    VersionText.request(text(headers, REQUEST)),
                    index,
                    count,
                    others(headers));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedDataException("headers of a record are not as they should be: " + e.getMessage());
        }
    }

    /** The headers of the change. Others may have added theirs on the way: what is too much is left out. */
    private static Map<String, String> others(Headers headers) {
        Map<String, String> others = new HashMap<>();
        int length = 0;
        for (Header header : headers) {
            String name = header.key();
            byte[] value = header.value();
            if (value != null && !name.isEmpty() && !name.startsWith(Limits.RESERVED_HEADERS)) {
                String text = new String(value, StandardCharsets.UTF_8);
                length += name.length() + text.length();
                if (length > Limits.MAX_HEADERS_LENGTH || others.size() == Limits.MAX_HEADERS) {
                    return others;
                }
                others.put(name, text);
            }
        }
        return others;
    }

    private static @Nullable Payload payload(Cause cause, byte @Nullable [] value) {
        if (value != null && cause != Cause.WRITE) {
            throw new MalformedDataException("a record of cause " + cause + " has a value");
        }
        return value == null ? null : Payload.ofBytes(value);
    }

    private static Version version(Headers headers, String name) {
        return VersionText.parse(text(headers, name));
    }

    private static String text(Headers headers, String name) {
        return new String(header(headers, name), StandardCharsets.US_ASCII);
    }

    private static byte[] header(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            throw new MalformedDataException("a record has no header " + name);
        }
        return header.value();
    }
}
