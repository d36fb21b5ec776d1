package io.distsync.backend.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordFormatTest {

    private static final Change CHANGE = new Change(
            new Version(1_700_000_000_000L, 12, 0xAB01L),
            0xFFEE_DDCC_BBAA_9988L,
            "kéy",
            new Version(1_700_000_000_000L, 9, 0x7700L),
            Payload.ofBytes(new byte[] {'4', '2'}),
            Cause.WRITE,
            new RequestId(0xBEEFL, 31),
            1,
            3);

    @Test
    void recordIsAsDocumented() {
        ProducerRecord<byte[], byte[]> record =
                RecordFormat.record("stream_app_state", 3, RecordFormat.key("app_state"), CHANGE);

        assertThat(record.topic()).isEqualTo("stream_app_state");
        assertThat(record.partition()).isEqualTo(3);
        assertThat(record.key()).asString(StandardCharsets.UTF_8).isEqualTo("app_state");
        assertThat(record.value()).asString(StandardCharsets.UTF_8).isEqualTo("42");
        assertThat(texts(record.headers()))
                .isEqualTo(new TreeMap<>(Map.of(
                        "sync-format", "1",
                        "sync-topic", "app_state",
                        "sync-key", "kéy",
                        "sync-version", "1700000000000-12-000000000000ab01",
                        "sync-previous-link", "ffeeddccbbaa9988",
                        "sync-previous", "1700000000000-9-0000000000007700",
                        "sync-cause", "WRITE",
                        "sync-request", "beef-1f",
                        "sync-place", "1/3")));
    }

    @Test
    void partitionIsThatOfKafkasPartitioner() {
        for (int i = 0; i < 1_000; i++) {
            byte[] key = RecordFormat.key("topic-" + i);
            assertThat(RecordFormat.partition(key, 7)).isEqualTo(BuiltInPartitioner.partitionForKey(key, 7));
        }
    }

    @Test
    void headersOfTheLibraryThatAreNotKnownAreIgnored() {
        ProducerRecord<byte[], byte[]> record = RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE);
        record.headers().add("sync-later", new byte[] {1});

        assertThat(RecordFormat.change(consumed(record.headers(), record.value())))
                .isEqualTo(CHANGE);
    }

    @Test
    void headersOfTheChangeAreHeadersOfTheRecord() {
        Change change = CHANGE.withHeaders(Map.of("traceparent", "00-1-2-01", "baggage", "id=é"));
        ProducerRecord<byte[], byte[]> record = RecordFormat.record("t", 0, RecordFormat.key("t"), change);

        assertThat(texts(record.headers()))
                .containsEntry("traceparent", "00-1-2-01")
                .containsEntry("baggage", "id=é");
        assertThat(RecordFormat.change(consumed(record.headers(), record.value())))
                .isEqualTo(change);
    }

    @Test
    void headersThatOthersAddedAreTakenAsLongAsThereIsRoom() {
        ProducerRecord<byte[], byte[]> record = RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE);
        record.headers().add("first", new byte[Limits.MAX_HEADERS_LENGTH - 5]);
        record.headers().add("no value", null);
        record.headers().add("too much", new byte[1]);

        Map<String, String> taken =
                RecordFormat.change(consumed(record.headers(), record.value())).headers();

        assertThat(taken).containsOnlyKeys("first");
        assertThat(Limits.checkHeaders(taken)).isSameAs(taken);
    }

    @ParameterizedTest
    @CsvSource({
        "sync-format, 2, format 2",
        "sync-version, 12, not a version",
        "sync-version, 1--5-aa, not a version",
        "sync-version, 1-1-aa, cannot be at 1/3",
        "sync-previous, nonsense, not a version",
        "sync-previous-link, zz, headers of a record",
        "sync-cause, RENAMED, headers of a record",
        "sync-cause, DELETE, has a value",
        "sync-request, -, not a request",
        "sync-place, 3/3, no place",
        "sync-place, -1/3, no place",
        "sync-place, 0/257, no place",
        "sync-place, 12, headers of a record"
    })
    void recordThatIsNotAsItShouldBeIsRefused(String header, String value, String reason) {
        ProducerRecord<byte[], byte[]> record = RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE);
        record.headers().remove(header).add(header, value.getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> RecordFormat.change(consumed(record.headers(), record.value())))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void recordWithoutAHeaderIsRefused() {
        for (Header header :
                RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE).headers()) {
            Headers headers = new RecordHeaders(RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE)
                    .headers()
                    .toArray());
            headers.remove(header.key());
            if (!header.key().equals("sync-topic")) { // for others; the key says the same
                assertThatThrownBy(() -> RecordFormat.change(consumed(headers, null)))
                        .as(header.key())
                        .isInstanceOf(MalformedDataException.class)
                        .hasMessageContaining(header.key());
            }
        }
    }

    @Property
    void whatIsWrittenCanBeRead(
            @ForAll @StringLength(max = 40) String key,
            @ForAll @LongRange(min = 1) long epoch,
            @ForAll @LongRange(min = 300) long revision,
            @ForAll long link,
            @ForAll @IntRange(max = 255) int index,
            @ForAll Optional<byte[]> payload,
            @ForAll Cause cause,
            @ForAll long sender) {
        boolean hasPayload = payload.isPresent() && cause == Cause.WRITE;
        Change change = new Change(
                new Version(epoch, revision, link),
                ~link,
                key,
                new Version(epoch, revision - 1, link + 1),
                hasPayload ? Payload.ofBytes(payload.get()) : null,
                cause,
                new RequestId(sender, -sender),
                index,
                index + 1);

        ProducerRecord<byte[], byte[]> record = RecordFormat.record("t", 0, RecordFormat.key("t"), change);

        assertThat(RecordFormat.change(consumed(record.headers(), record.value())))
                .isEqualTo(change);
    }

    @Property
    void anythingElseIsRefused(
            @ForAll Map<@StringLength(max = 20) String, byte[]> headers, @ForAll Optional<byte[]> value) {
        RecordHeaders given = new RecordHeaders();
        headers.forEach(given::add);
        for (Header header :
                RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE).headers()) {
            byte[] bytes = header.value();
            if (bytes.length % 2 == 0) {
                given.add(header.key(), Arrays.copyOf(bytes, bytes.length / 2));
            }
        }

        assertThatThrownBy(() -> RecordFormat.change(consumed(given, value.orElse(null))))
                .isInstanceOf(MalformedDataException.class);
    }

    /** Damaged somewhere, cut, or with one header in the place of another: nothing but a change within the limits, or refused. */
    @Property(tries = 2_000)
    void damagedRecordsAreMalformedOrWithinTheLimits(@ForAll Random random) {
        Header[] headers = RecordFormat.record("t", 0, RecordFormat.key("t"), CHANGE.withHeaders(Map.of("a", "b")))
                .headers()
                .toArray();
        RecordHeaders damaged = new RecordHeaders(headers);
        Header header = headers[random.nextInt(headers.length)];
        byte[] bytes = header.value().clone();
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        switch (random.nextInt(4)) {
            case 0 -> damaged.add(header.key(), bytes);
            case 1 -> damaged.add(header.key(), Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            case 2 -> damaged.add(header.key(), headers[random.nextInt(headers.length)].value());
            default -> damaged.add(header.key(), new byte[random.nextInt(5_000)]);
        }

        try {
            Change change = RecordFormat.change(consumed(damaged, new byte[] {'4', '2'}));
            assertThat(change.count()).isBetween(1, Limits.MAX_MUTATIONS);
            assertThat(change.index()).isBetween(0, change.count() - 1);
            Limits.checkKey(change.key());
            Limits.checkHeaders(change.headers());
        } catch (MalformedDataException e) {
            assertThat(e.getMessage()).hasSizeLessThan(300).matches("\\p{Print}*");
        }
    }

    private static Map<String, String> texts(Headers headers) {
        Map<String, String> texts = new TreeMap<>();
        headers.forEach(header -> texts.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return texts;
    }

    private static ConsumerRecord<byte[], byte[]> consumed(Headers headers, byte @Nullable [] value) {
        return new ConsumerRecord<>(
                "t",
                0,
                1,
                1,
                TimestampType.CREATE_TIME,
                1,
                value == null ? -1 : value.length,
                RecordFormat.key("t"),
                value,
                headers,
                Optional.empty());
    }
}
