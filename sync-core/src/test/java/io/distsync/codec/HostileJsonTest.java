package io.distsync.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.backend.PayloadFormat;
import io.distsync.error.UndecodableStateException;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever bytes are stored, they are a value of the type, or the documented exception: no other one, and no error. */
class HostileJsonTest {

    record Tree(String name, long size, List<Tree> children, Object anything) {}

    record Numbers(int i, long l, double d, BigInteger big, BigDecimal decimal) {}

    private static final List<Type> TYPES =
            List.of(Tree.class, Numbers.class, String.class, Long.class, Object.class, Map.class, List.class);

    private static final Tree TREE = new Tree("root", 7, List.of(new Tree("leaf", 1, List.of(), "x")), Map.of("k", 1));

    @Property
    void anyBytes(@ForAll @Size(max = 60) byte[] bytes) {
        decodesOrIsUndecodable(bytes);
    }

    @Property
    void changedBytes(@ForAll @IntRange(max = 10_000) int place, @ForAll byte value) {
        byte[] json = Codec.json().<Tree>format(Tree.class).encode(TREE);
        json[place % json.length] = value;

        decodesOrIsUndecodable(json);
    }

    static List<String> hostile() {
        return List.of(
                "[".repeat(200_000),
                "[".repeat(200_000) + "]".repeat(200_000),
                "{\"children\":[".repeat(50_000),
                "{\"anything\":".repeat(50_000) + "1" + "}".repeat(50_000),
                "9".repeat(1_000_000),
                "{\"big\":" + "9".repeat(1_000_000) + "}",
                "{\"big\":1e1000000000}",
                "{\"decimal\":1e2147483647,\"l\":1e400,\"d\":1e400,\"i\":99999999999}",
                "{\"i\":1e999999999}",
                "1e999999999",
                "-",
                "1.".repeat(1_000),
                "\"" + "\\u0000".repeat(100_000) + "\"",
                "\"" + "a".repeat(3_000_000) + "\"",
                "{\"" + "k".repeat(100_000) + "\":1}",
                "{\"name\":\"a\",\"name\":\"b\",\"name\":[1]}",
                "{\"@class\":\"java.net.URL\",\"val\":\"http://127.0.0.1\"}",
                "[\"javax.naming.InitialContext\",{}]",
                "{\"anything\":[\"java.lang.ProcessBuilder\",[[\"true\"]]]}",
                "null",
                "{\"children\":[null]}",
                "{} {}",
                "\uFEFF{}",
                "\"\\ud800\"",
                "{\"i\":null,\"l\":\"x\"}");
    }

    @ParameterizedTest
    @MethodSource("hostile")
    @Timeout(30)
    void whatIsMadeToDoHarm(String json) {
        decodesOrIsUndecodable(json.getBytes(StandardCharsets.UTF_8));
    }

    @Property(tries = 200)
    void textThatIsNoUtf8(@ForAll @Size(max = 20) byte[] text) {
        byte[] json = new byte[text.length + 2];
        json[0] = '"';
        System.arraycopy(text, 0, json, 1, text.length);
        json[json.length - 1] = '"';

        decodesOrIsUndecodable(json);
    }

    private static void decodesOrIsUndecodable(byte[] bytes) {
        for (Type type : TYPES) {
            PayloadFormat<Object> format = Codec.json().format(type);
            Throwable thrown = catchThrowable(() -> {
                Object value = format.decode(bytes);
                assertThat(format.accepts(value)).isTrue();
            });
            if (thrown != null) {
                assertThat(thrown).as("as %s", type).isExactlyInstanceOf(UndecodableStateException.class);
            }
        }
    }
}
