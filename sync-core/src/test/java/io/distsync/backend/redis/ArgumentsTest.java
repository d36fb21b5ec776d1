package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.support.HeaderText;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.VersionText;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Whatever is asked, the scripts find it in their arguments as it was asked. */
class ArgumentsTest {

    private static final int DIGEST = 2;
    private static final int HEADERS = 9;

    @Property
    void commitsCanBeReadBack(
            @ForAll @Size(max = 5) List<@From("checks") Check> checks,
            @ForAll @Size(max = 5) List<@From("mutations") Mutation> mutations,
            @ForAll("selections") Selection selection,
            @ForAll("headers") Map<String, String> headers) {
        Commit commit = commit(checks, mutations, selection, headers);

        List<byte[]> arguments = Arrays.asList(Arguments.commit(commit));

        assertThat(arguments.get(HEADERS))
                .isEqualTo(commit.headers().isEmpty() ? new byte[0] : HeaderText.bytes(commit.headers()));
        Reader reader = new Reader(arguments, HEADERS + 1);
        int checked = reader.number();
        assertThat(checked).isEqualTo(checks.size());
        for (Check check : checks) {
            assertThat(reader.check()).isEqualTo(check);
        }
        int mutated = reader.number();
        assertThat(mutated).isEqualTo(mutations.size());
        for (Mutation mutation : mutations) {
            assertThat(reader.mutation()).isEqualTo(described(mutation));
        }
        List<String> read = texts(Arguments.read("t", selection));
        assertThat(reader.rest()).isEqualTo(read.subList(1, read.size()));
    }

    @Property
    void otherContentHasAnotherDigest(
            @ForAll @Size(max = 3) List<@From("mutations") Mutation> some,
            @ForAll @Size(max = 3) List<@From("mutations") Mutation> others) {
        byte[] one = Arguments.commit(commit(List.of(), some, Selection.none(), Map.of()))[DIGEST];
        byte[] other = Arguments.commit(commit(List.of(), others, Selection.none(), Map.of()))[DIGEST];

        boolean alike = some.stream()
                .map(ArgumentsTest::described)
                .toList()
                .equals(others.stream().map(ArgumentsTest::described).toList());
        assertThat(Arrays.equals(one, other)).isEqualTo(alike);
    }

    /** The store compares bytes, and knows nothing of prefixes. */
    @Property(tries = 5_000)
    void endsOfARangeHoldWhatIsAskedForAndNothingElse(@ForAll("ranges") Range range, @ForAll("keys") String key) {
        boolean asked = key.startsWith(range.prefix())
                && (range.after() == null
                        || (isDown(range) ? key.compareTo(range.after()) < 0 : key.compareTo(range.after()) > 0));
        byte[][] read = Arguments.read("t", range);
        byte[][] page = Arguments.page("t", range);

        if (key.isEmpty()) {
            assertThat(text(read[6])).isEqualTo(asked ? "1" : "0");
        } else {
            byte[] bytes = KeyText.encode(key);
            assertThat(isAbove(read[2], bytes) && isBelow(read[3], bytes)).isEqualTo(asked);
            assertThat(isAbove(page[isDown(range) ? 4 : 3], bytes) && isBelow(page[isDown(range) ? 3 : 4], bytes))
                    .isEqualTo(asked);
        }
    }

    private static boolean isDown(Range range) {
        return range.order() == Order.DESCENDING;
    }

    private static boolean isAbove(byte[] end, byte[] key) {
        return switch (end[0]) {
            case '-' -> true;
            case '[' -> Arrays.compareUnsigned(key, rest(end)) >= 0;
            case '(' -> Arrays.compareUnsigned(key, rest(end)) > 0;
            default -> throw new AssertionError("no lower end: " + text(end));
        };
    }

    private static boolean isBelow(byte[] end, byte[] key) {
        return switch (end[0]) {
            case '+' -> true;
            case '(' -> Arrays.compareUnsigned(key, rest(end)) < 0;
            default -> throw new AssertionError("no upper end: " + text(end));
        };
    }

    private static byte[] rest(byte[] end) {
        return Arrays.copyOfRange(end, 1, end.length);
    }

    // --- what is asked ----------------------------------------------------------------------------------------------

    /** Of few characters, so that they often begin alike, and of those at the edges of each length in bytes. */
    @Provide
    static Arbitrary<String> keys() {
        return Arbitraries.of('a', 'b', '/', '\0', '\n', '\u007f', '\u0080', '\u07ff', '\u0800', '\ud800', '\uffff')
                .list()
                .ofMaxSize(4)
                .map(characters -> {
                    StringBuilder text = new StringBuilder();
                    characters.forEach(text::append);
                    return text.toString();
                });
    }

    @Provide
    static Arbitrary<Range> ranges() {
        return Combinators.combine(
                        keys(),
                        keys().injectNull(0.3),
                        Arbitraries.integers().between(1, 1_000),
                        Arbitraries.of(Order.class))
                .as(Range::new);
    }

    @Provide
    static Arbitrary<Selection> selections() {
        return Arbitraries.oneOf(
                ranges().map(range -> range), keys().list().ofMaxSize(4).map(Selection::keys));
    }

    @Provide
    static Arbitrary<Map<String, String>> headers() {
        return Arbitraries.maps(Arbitraries.of("a", "b=", "c&,", "d é"), Arbitraries.of("", "1", "=&,%", "é"));
    }

    @Provide
    static Arbitrary<Check> checks() {
        return Arbitraries.oneOf(
                Combinators.combine(keys(), versions()).as(Check::versionIs),
                keys().map(Check::exists),
                Combinators.combine(keys(), versions()).as(Check::fence));
    }

    private static Arbitrary<Version> versions() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, Long.MAX_VALUE),
                        Arbitraries.longs().between(1, Long.MAX_VALUE),
                        Arbitraries.longs())
                .as(Version::new);
    }

    @Provide
    static Arbitrary<Mutation> mutations() {
        Arbitrary<byte[]> payloads = Arbitraries.bytes().array(byte[].class).ofMaxSize(5);
        Arbitrary<LeaseRule> rules = Arbitraries.oneOf(
                Arbitraries.of(LeaseRule.none(), LeaseRule.keep()),
                Combinators.combine(
                                keys().map(key -> key + "!"),
                                Arbitraries.longs().between(1, 1_000_000))
                        .as((id, millis) -> LeaseRule.set(id, Duration.ofMillis(millis))));
        return Arbitraries.oneOf(
                Combinators.combine(keys(), payloads, rules)
                        .as((key, bytes, rule) -> Mutation.put(key, Payload.ofBytes(bytes), rule)),
                Combinators.combine(keys(), payloads, rules)
                        .as((prefix, bytes, rule) -> Mutation.putSequential(prefix, Payload.ofBytes(bytes), rule)),
                keys().map(Mutation::delete),
                Combinators.combine(keys(), Arbitraries.longs(), rules).as(Mutation::add));
    }

    private static Commit commit(
            List<Check> checks, List<Mutation> mutations, Selection selection, Map<String, String> headers) {
        return new Commit(
                "t",
                new RequestId(1, 2),
                Version.ABSENT,
                checks,
                mutations,
                selection,
                TopicOptions.defaults(),
                headers.isEmpty()
                        ? List.of()
                        : mutations.stream().map(any -> headers).toList());
    }

    // --- what the scripts read --------------------------------------------------------------------------------------

    private static List<String> texts(byte[][] arguments) {
        return Arrays.stream(arguments).map(ArgumentsTest::text).toList();
    }

    private static String text(byte[] argument) {
        return new String(argument, StandardCharsets.ISO_8859_1);
    }

    private static List<String> described(Mutation mutation) {
        if (mutation instanceof Mutation.Put put) {
            return described("p", put.key(), text(put.payload().bytes()), put.lease());
        } else if (mutation instanceof Mutation.PutSequential put) {
            return described("s", put.prefix(), text(put.payload().bytes()), put.lease());
        } else if (mutation instanceof Mutation.Add add) {
            return described("a", add.key(), String.valueOf(add.delta()), add.lease());
        }
        return List.of("d", ((Mutation.Delete) mutation).key());
    }

    private static List<String> described(String kind, String key, String value, LeaseRule rule) {
        if (rule instanceof LeaseRule.Set set) {
            return List.of(kind + "s", key, value, String.valueOf(set.ttlMillis()), set.id());
        }
        return List.of(kind + (rule instanceof LeaseRule.Keep ? "k" : "n"), key, value);
    }

    private static final class Reader {

        private final List<byte[]> arguments;
        private int next;

        Reader(List<byte[]> arguments, int next) {
            this.arguments = arguments;
            this.next = next;
        }

        int number() {
            return Integer.parseInt(text(arguments.get(next++)));
        }

        private String key() {
            return KeyText.decode(arguments.get(next++));
        }

        Check check() {
            String kind = key();
            String name = key();
            byte[] version = arguments.get(next++);
            return switch (kind) {
                case "v" -> Check.versionIs(name, VersionText.parse(version));
                case "f" -> Check.fence(name, VersionText.parse(version));
                default -> Check.exists(name);
            };
        }

        List<String> mutation() {
            List<String> read = new ArrayList<>(List.of(key(), key()));
            if (!read.get(0).equals("d")) {
                read.add(text(arguments.get(next++)));
            }
            if (read.get(0).endsWith("s")) {
                read.add(key());
                read.add(key());
            }
            return read;
        }

        List<String> rest() {
            return arguments.subList(next, arguments.size()).stream()
                    .map(ArgumentsTest::text)
                    .toList();
        }
    }
}
