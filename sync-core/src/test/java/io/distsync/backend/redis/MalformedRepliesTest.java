package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.backend.support.VersionText;
import io.distsync.error.RejectedException;
import io.distsync.version.Version;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Whatever comes from Redis is read as what it is, or refused as malformed: nothing else comes of it. */
class MalformedRepliesTest {

    private static final byte[] LINE_FEED = {'\n'};
    private static final Version BEFORE = new Version(1_700_000_000_000L, 11, 0xAB00L);

    private static final Commit COMMIT = new Commit(
            "t",
            new RequestId(1, 2),
            Version.ABSENT,
            List.of(Check.versionIs("a", Version.ABSENT), Check.exists("b"), Check.fence("f", Version.ABSENT)),
            List.of(
                    Mutation.put("a", text("1")),
                    Mutation.add("n", 1),
                    Mutation.delete("b"),
                    Mutation.putSequential("s/", text("2"), LeaseRule.none())),
            Selection.keys("a"),
            TopicOptions.defaults());

    private static final List<Lease> LEASES = List.of(new Lease("t", "a", "1"), new Lease("t", "b", "2"));

    // --- records ----------------------------------------------------------------------------------------------------

    @Property
    void commitsComeBack(@ForAll @Size(min = 1, max = 40) List<@StringLength(max = 300) String> texts) {
        byte[] record = record(texts);
        Message message = Message.parse(record);

        List<Change> changes = message.changes();
        assertThat(changes)
                .as("with the id that follows from the version before")
                .isEqualTo(Message.parse(joined(id(texts.size()), record)).changes());
        assertThat(changes).hasSize(texts.size());
        assertThat(message.head()).isEqualTo(changes.get(changes.size() - 1).version());
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            assertThat(change.key()).isEqualTo(texts.get(i));
            assertThat(Objects.requireNonNull(change.payload()).bytes()).isEqualTo(KeyText.encode(texts.get(i)));
            assertThat(change.cause()).isEqualTo(Cause.WRITE);
            assertThat(change.version().revision()).isEqualTo(12 + i);
            assertThat(change.index()).isEqualTo(i);
        }
    }

    @Property(tries = 1_000)
    void damagedRecordsAreMalformed(
            @ForAll @Size(min = 1, max = 5) List<@StringLength(max = 20) String> texts,
            @ForAll @IntRange(max = 10_000) int place,
            @ForAll byte value,
            @ForAll @IntRange(max = 10_000) int length) {
        byte[] record = record(texts);
        byte[] whole = value % 2 == 0 ? joined(id(texts.size()), record) : record;
        byte[] changed = whole.clone();
        changed[place % changed.length] = value;

        readOrMalformed(() -> Message.parse(changed));
        readOrMalformed(() -> Message.parse(Arrays.copyOf(whole, length % whole.length)));
    }

    @Property(tries = 1_000)
    void anyBytesAreMalformed(@ForAll @Size(max = 80) byte[] bytes, @ForAll @StringLength(max = 30) String id) {
        readOrMalformed(() -> Message.parse(bytes));
        readOrMalformed(() -> LogEntries.commit(id, bytes));
        readOrMalformed(() -> LogEntries.commit("1-5", joined(header(1), bytes)));
        readOrMalformed(() -> new MessagePack.Reader(ByteBuffer.wrap(bytes)).array());
        readOrMalformed(() -> new MessagePack.Reader(ByteBuffer.wrap(bytes)).bytes());
        readOrMalformed(() -> VersionText.parse(bytes));
        readOrMalformed(() -> VersionText.request(new String(bytes, StandardCharsets.ISO_8859_1)));
        readOrMalformed(() -> KeyText.decode(bytes));
    }

    /** A length that is not there must not be asked of the memory. */
    @Test
    void lengthsOfMoreThanThereIsAreMalformed() {
        for (byte[] length : List.of(
                new byte[] {(byte) 0xDB, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF},
                new byte[] {(byte) 0xDB, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF},
                new byte[] {(byte) 0xDA, (byte) 0xFF, (byte) 0xFF},
                new byte[] {(byte) 0xD9, (byte) 0xFF})) {
            assertThat(catchThrowable(() -> new MessagePack.Reader(ByteBuffer.wrap(length)).bytes()))
                    .isInstanceOf(MalformedDataException.class);
        }
    }

    @Property
    void keysComeBack(@ForAll String text) {
        assertThat(KeyText.decode(KeyText.encode(text))).isEqualTo(text);
    }

    // --- logs -------------------------------------------------------------------------------------------------------

    @Test
    void whatIsNotOursInALogIsPassedOver() {
        byte[] record = record(List.of("a"));

        History history = history(List.of(entry("1-5", new byte[] {'x'}), entry(id(1), record), List.of()));

        assertThat(((History.Changes) history).changes())
                .singleElement()
                .satisfies(change -> assertThat(change.key()).isEqualTo("a"));
    }

    @Test
    void whatIsBehindAHoleOfALogIsNotTold() {
        History history = Replies.history(
                "t",
                new Version(1_700_000_000_000L, 10, 0xCC00L),
                List.of(bytes("H"), bytes("9-9-00000000000000aa"), List.of(entry(id(1), record(List.of("a"))))));

        assertThat(history).isInstanceOf(History.Gone.class);
    }

    private static History history(List<?> entries) {
        return Replies.history("t", BEFORE, List.of(bytes("H"), bytes("9-9-00000000000000aa"), entries));
    }

    private static List<?> entry(String id, byte[] record) {
        return List.of(bytes(id), List.of(bytes("c"), record));
    }

    // --- answers ----------------------------------------------------------------------------------------------------

    @Provide
    static Arbitrary<Object> answers() {
        Arbitrary<Object> leaves = Arbitraries.oneOf(
                Arbitraries.of("", "1", "0101", "-1", "1-1-0", "1-2-00000000000000aa", "x", "99999999999999999999")
                        .map(MalformedRepliesTest::bytes),
                Arbitraries.bytes().array(byte[].class).ofMaxSize(6),
                Arbitraries.longs(),
                Arbitraries.of(0L, 1L, 2L, 3L, -1L));
        Arbitrary<Object> lists = leaves.list().ofMaxSize(6).map(list -> list);
        Arbitrary<Object> nested =
                Arbitraries.oneOf(leaves, lists).list().ofMaxSize(6).map(list -> list);
        return Arbitraries.oneOf(leaves, lists, nested);
    }

    @Property(tries = 3_000)
    void anyAnswerIsRefusedAsMalformed(
            @ForAll("kinds") String kind, @ForAll @Size(max = 8) List<@From("answers") Object> rest) {
        List<Object> reply = new ArrayList<>();
        reply.add(bytes(kind));
        reply.addAll(rest);

        readOrMalformed(() -> Replies.commit(COMMIT, reply));
        readOrMalformed(() -> Replies.put(COMMIT, reply));
        readOrMalformed(() -> Replies.read("t", reply));
        readOrMalformed(() -> Replies.history("t", BEFORE, reply));
        readOrMalformed(() -> Replies.notRenewed("t", LEASES, reply));
        readOrMalformed(() -> Replies.sweep("t", reply));
        readOrMalformed(() -> Replies.commit(COMMIT, rest));
    }

    @Provide
    static Arbitrary<String> kinds() {
        return Arbitraries.of("C", "X", "O", "R", "P", "H", "G", "K", "S", "T", "L", "", "?");
    }

    // ----------------------------------------------------------------------------------------------------------------

    private static void readOrMalformed(ThrowingCallable reading) {
        Throwable thrown = catchThrowable(reading);
        if (thrown != null && !(thrown instanceof RejectedException)) {
            assertThat(thrown).isInstanceOf(MalformedDataException.class);
        }
    }

    private static String id(int count) {
        return "1700000000000-" + (11 + count);
    }

    private static byte[] header(int count) {
        return bytes("W".repeat(count) + " 0123456789abcd 1-2 1700000000001 " + VersionText.text(BEFORE)
                + " 0-0-0000000000000000".repeat(count) + "\n");
    }

    /** As the scripts make it, of writes of different entries, each with its key as payload. */
    private static byte[] record(List<String> texts) {
        MessagePack.Pieces contents = new MessagePack.Pieces(2 * texts.size());
        for (String text : texts) {
            contents.add(KeyText.encode(text));
            contents.addApart(KeyText.encode(text));
        }
        return contents.end().stream().reduce(header(texts.size()), MalformedRepliesTest::joined);
    }

    private static byte[] joined(String id, byte[] record) {
        return joined(joined(bytes(id), LINE_FEED), record);
    }

    private static byte[] joined(byte[] one, byte[] other) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(one);
        out.writeBytes(other);
        return out.toByteArray();
    }

    private static Payload text(String text) {
        return Payload.ofBytes(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
