package io.distsync.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.Topic;
import io.distsync.backend.PayloadFormat;
import io.distsync.error.UndecodableStateException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.DefaultTyping;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

class JacksonCodecTest {

    private static final String SECRET = "hunter2";

    private final Codec codec = Codec.json();

    @Nested
    class Values {

        @Test
        void recordsComeBackEqual() {
            assertRoundTrip(Account.class, new Account("alice", 5, new Address("Rue", null), List.of("a", "b")));
            assertRoundTrip(Account.class, new Account("", 0, null, null));
        }

        @Test
        void javaTimeComesBackEqual() {
            assertRoundTrip(
                    Times.class,
                    new Times(
                            Instant.parse("2024-02-29T12:34:56.123456789Z"),
                            Duration.ofSeconds(5, 7),
                            LocalDate.of(2024, 2, 29)));
        }

        @Test
        void simpleTypesComeBackEqual() {
            assertRoundTrip(String.class, "text \u0000 \ud83d\ude00 \"quoted\"");
            assertRoundTrip(Long.class, Long.MIN_VALUE);
            assertRoundTrip(Boolean.class, true);
            assertRoundTrip(Color.class, Color.GREEN);
            assertRoundTrip(Money.class, new Money(new BigInteger("9".repeat(300)), new BigDecimal("0.10")));
        }

        @Test
        void genericTypesKeepTheirElements() {
            Type type = new GenericType(List.class, Address.class);
            List<Address> addresses = List.of(new Address("Rue", null), new Address("Via", 3));
            assertRoundTrip(type, addresses);
            Topic<Map<String, Address>> topic =
                    Topic.ofGeneric("addresses", new GenericType(Map.class, String.class, Address.class));
            assertRoundTrip(topic.type(), Map.of("home", new Address("Rue", 1)));
            assertRoundTrip(Optionals.class, new Optionals(Optional.of("x"), Optional.empty()));
        }

        @Test
        void decimalIntegersAreWhatAnAddWrites() {
            PayloadFormat<Long> format = codec.format(Long.class);
            assertThat(format.encode(-42L)).isEqualTo(bytes("-42"));
            assertThat(format.decode(bytes("9007199254740991"))).isEqualTo(9007199254740991L);
        }

        @Test
        void textIsUtf8() {
            assertThat(codec.<String>format(String.class).encode("ü")).isEqualTo(bytes("\"ü\""));
        }

        @Test
        void acceptsOnlyValuesOfTheType() {
            PayloadFormat<Address> format = codec.format(Address.class);
            assertThat(format.accepts(new Address("Rue", 1))).isTrue();
            assertThat(format.accepts("Rue")).isFalse();
            assertThat(codec.format(new GenericType(List.class, Address.class)).accepts(List.of()))
                    .isTrue();
        }

        @Test
        void aValueThatCannotBeEncodedIsRefused() {
            assertThatThrownBy(() -> codec.format(Node.class).encode(Node.cycle()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Node.class.getName());
            assertThatThrownBy(() -> codec.format(Unspeakable.class).encode(new Unspeakable()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining(SECRET);
        }
    }

    @Nested
    class Evolution {

        @Test
        void unknownPropertiesAreTolerated() {
            assertThat(this.<Address>decode(Address.class, "{\"street\":\"Rue\",\"number\":1,\"new\":{\"deep\":[1]}}"))
                    .isEqualTo(new Address("Rue", 1));
        }

        @Test
        void missingPropertiesGetTheirDefault() {
            assertThat(this.<Account>decode(Account.class, "{}")).isEqualTo(new Account(null, 0, null, null));
            assertThat(this.<Address>decode(Address.class, "{\"street\":\"Rue\"}"))
                    .isEqualTo(new Address("Rue", null));
            assertThat(this.<WithDefault>decode(WithDefault.class, "{}"))
                    .extracting(it -> it.value)
                    .isEqualTo(7);
        }

        @Test
        void aStrictMapperBecomesTolerant() {
            JsonMapper strict = JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();
            PayloadFormat<Address> format = JacksonCodec.using(strict).format(Address.class);
            assertThat(format.decode(bytes("{\"street\":\"Rue\",\"more\":1}"))).isEqualTo(new Address("Rue", null));
            assertThatThrownBy(() -> format.decode(bytes("{\"street\":\"Rue\"} {}")))
                    .isInstanceOf(UndecodableStateException.class);
        }

        @Test
        void theMapperHandedInIsNotChanged() {
            JsonMapper strict = JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();
            JacksonCodec.using(strict);
            assertThat(strict.isEnabled(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES))
                    .isTrue();
        }

        private <T> T decode(Class<T> type, String json) {
            return codec.<T>format(type).decode(bytes(json));
        }
    }

    @Nested
    class Refusals {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    " ",
                    "null",
                    "{",
                    "[]",
                    "text",
                    "\"text\"",
                    "{\"street\":\"Rue\"}{}",
                    "{\"street\":\"Rue\"} x",
                    "{\"street\":\"Rue\",}",
                    "{\"number\":\"many\"}",
                    "{\"number\":99999999999999999999}",
                    "{\"number\":1e400}",
                    "{\"street\":{}}"
                })
        void whatIsNoValueIsUndecodable(String json) {
            PayloadFormat<Address> format = codec.format(Address.class);
            assertThatThrownBy(() -> format.decode(bytes(json))).isInstanceOf(UndecodableStateException.class);
        }

        @Test
        void invalidUtf8IsUndecodable() {
            PayloadFormat<Address> format = codec.format(Address.class);
            byte[] text = bytes("{\"street\":\"R?e\"}");
            for (byte wrong : new byte[] {(byte) 0xff, (byte) 0xc0, (byte) 0x80, (byte) 0xed}) {
                byte[] broken = text.clone();
                broken[12] = wrong;
                assertThatThrownBy(() -> format.decode(broken)).isInstanceOf(UndecodableStateException.class);
            }
        }

        @Test
        void absurdNumbersAndDepthsAreUndecodable() {
            PayloadFormat<Money> money = codec.format(Money.class);
            assertThatThrownBy(() -> money.decode(bytes("{\"cents\":1e1000000000}")))
                    .isInstanceOf(UndecodableStateException.class);
            assertThatThrownBy(() -> money.decode(bytes("{\"cents\":" + "9".repeat(100_000) + "}")))
                    .isInstanceOf(UndecodableStateException.class);
            assertThatThrownBy(() -> money.decode(bytes("{\"cents\":" + "[".repeat(100_000))))
                    .isInstanceOf(UndecodableStateException.class);
            assertThatThrownBy(() -> money.decode(bytes("{\"ignored\":" + "[".repeat(100_000))))
                    .isInstanceOf(UndecodableStateException.class);
        }

        @Test
        void aTypeThatRefusesTheValueIsUndecodable() {
            PayloadFormat<Positive> format = codec.format(Positive.class);
            assertThatThrownBy(() -> format.decode(bytes("{\"value\":-1}")))
                    .isInstanceOf(UndecodableStateException.class)
                    .hasMessageContaining("IllegalArgumentException");
        }
    }

    @Nested
    class TypeNames {

        @Test
        void areNeverReadFromTheData() {
            PayloadFormat<Holder> format = codec.format(Holder.class);
            assertNoTypeName(format);
        }

        @Test
        void areNeverReadEvenIfTheMapperHadDefaultTypingOn() {
            JsonMapper typing = JsonMapper.builder()
                    .activateDefaultTyping(
                            BasicPolymorphicTypeValidator.builder()
                                    .allowIfBaseType(Object.class)
                                    .allowIfSubType(Object.class)
                                    .build(),
                            DefaultTyping.NON_FINAL)
                    .build();
            PayloadFormat<Holder> format = JacksonCodec.using(typing).format(Holder.class);
            assertNoTypeName(format);
            assertThat(new String(format.encode(new Holder(new Gadget("x"))), StandardCharsets.UTF_8))
                    .doesNotContain("Gadget");
        }

        private static void assertNoTypeName(PayloadFormat<Holder> format) {
            String name = Gadget.class.getName();
            for (String json : List.of(
                    "{\"anything\":[\"" + name + "\",{\"name\":\"x\"}]}",
                    "{\"anything\":{\"@class\":\"" + name + "\",\"name\":\"x\"}}",
                    "[\"" + Holder.class.getName() + "\",{\"anything\":1}]")) {
                try {
                    assertThat(format.decode(bytes(json)).anything()).isNotInstanceOf(Gadget.class);
                } catch (UndecodableStateException e) {
                    // refusing it is as good
                    assertThat(e).hasMessageNotContaining(name);
                }
            }
            assertThat(Gadget.made).isZero();
        }
    }

    @Nested
    class Messages {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "hunter2",
                    "\"hunter2\"",
                    "{\"street\":\"x\"} hunter2",
                    "{\"number\":\"hunter2\"}",
                    "{\"number\":hunter2}",
                    "{\"number\":{\"hunter2\":1}}",
                    "{\"hunter2\":",
                    "[\"hunter2\"]",
                    "{\"street\":[\"hunter2\"]}"
                })
        void neverShowThePayload(String json) {
            PayloadFormat<Address> format = codec.format(Address.class);
            assertKeepsSecret(catchThrowable(() -> format.decode(bytes(json))), Address.class);
        }

        @Test
        void neverShowKeysOfAMap() {
            PayloadFormat<Map<String, Integer>> format =
                    codec.format(new GenericType(Map.class, String.class, Integer.class));
            assertKeepsSecret(catchThrowable(() -> format.decode(bytes("{\"hunter2\":\"no number\"}"))), Map.class);
        }

        @Test
        void neverShowWhatTheTypeItselfSays() {
            PayloadFormat<Picky> format = codec.format(Picky.class);
            assertKeepsSecret(catchThrowable(() -> format.decode(bytes("{\"word\":\"hunter2\"}"))), Picky.class);
        }

        @Test
        void sayWhatAndWhere() {
            PayloadFormat<Address> format = codec.format(Address.class);
            assertThatThrownBy(() -> format.decode(bytes("{\"street\":\"Rue\",\n  \"number\":\"many\"}")))
                    .isInstanceOf(UndecodableStateException.class)
                    .hasMessageContaining(Address.class.getName())
                    .hasMessageContaining("35 bytes")
                    .hasMessageContaining("line 2");
        }

        private static void assertKeepsSecret(Throwable failure, Class<?> type) {
            assertThat(failure).isInstanceOf(UndecodableStateException.class).hasMessageContaining(type.getName());
            StringWriter everything = new StringWriter();
            failure.printStackTrace(new PrintWriter(everything));
            assertThat(everything.toString()).doesNotContain(SECRET);
        }
    }

    private void assertRoundTrip(Type type, Object value) {
        PayloadFormat<Object> format = codec.format(type);
        assertThat(format.decode(format.encode(value))).isEqualTo(value);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    record Address(String street, @Nullable Integer number) {}

    record Account(
            @Nullable String owner,
            int balance,
            @Nullable Address address,
            @Nullable List<String> tags) {}

    record Times(Instant instant, Duration duration, LocalDate date) {}

    record Money(BigInteger cents, BigDecimal rate) {}

    record Optionals(Optional<String> one, Optional<String> two) {}

    record Positive(int value) {
        Positive {
            if (value < 0) {
                throw new IllegalArgumentException("must not be negative: " + value);
            }
        }
    }

    record Picky(String word) {
        Picky {
            throw new IllegalArgumentException("what is this: " + word);
        }
    }

    record Holder(Object anything) {}

    enum Color {
        RED,
        GREEN
    }

    /** A class whose fields have defaults, unlike the components of a record. */
    static final class WithDefault {
        public int value = 7;
    }

    /** Counts how often it was made from data. */
    static final class Gadget {
        static int made;

        public final String name;

        Gadget(String name) {
            this.name = name;
        }

        Gadget() {
            this("");
            made++;
        }
    }

    static final class Node {
        public @Nullable Node next;

        static Node cycle() {
            Node node = new Node();
            node.next = node;
            return node;
        }
    }

    static final class Unspeakable {
        private final String word = SECRET;

        public String getWord() {
            if (word.equals(SECRET)) {
                throw new IllegalStateException(word);
            }
            return word;
        }
    }

    private static final class GenericType implements ParameterizedType {

        private final Class<?> raw;
        private final Type[] arguments;

        GenericType(Class<?> raw, Type... arguments) {
            this.raw = raw;
            this.arguments = arguments;
        }

        @Override
        public Type[] getActualTypeArguments() {
            return arguments.clone();
        }

        @Override
        public Type getRawType() {
            return raw;
        }

        @Override
        public @Nullable Type getOwnerType() {
            return null;
        }
    }
}
