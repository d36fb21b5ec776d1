package io.distsync.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.error.UndecodableStateException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PayloadTest {

    private final CountingFormat format = new CountingFormat();

    @Test
    void anObjectIsNeverEncodedUnlessItsBytesAreAskedFor() {
        Payload payload = Payload.of("text", format);
        assertThat(payload.value(format)).isSameAs(payload.value(format));
        assertThat(payload.knownSize()).isEqualTo(-1);
        assertThat(format.encoded).hasValue(0);
        assertThat(format.decoded).hasValue(0);
    }

    @Test
    void anObjectIsEncodedOnce() {
        Payload payload = Payload.of("text", format);
        assertThat(payload.bytes()).isEqualTo(bytes("text")).isSameAs(payload.bytes());
        assertThat(payload.knownSize()).isEqualTo(4);
        assertThat(format.encoded).hasValue(1);
    }

    @Test
    void bytesAreDecodedOnceAndTheValueIsShared() {
        Payload payload = Payload.ofBytes(bytes("text"));
        assertThat(payload.knownSize()).isEqualTo(4);
        String value = payload.value(format);
        assertThat(value).isEqualTo("text").isSameAs(payload.value(format));
        assertThat(format.decoded).hasValue(1);
    }

    @Test
    void aValueOfAnotherTypePassesThroughBytes() {
        Payload payload = Payload.of("42", format);
        assertThat(payload.<Integer>value(new NumberFormat())).isEqualTo(42);
        assertThat(payload.<String>value(format)).isEqualTo("42");
    }

    @Test
    void undecodableBytesFailEveryTimeAndStay() {
        Payload payload = Payload.ofBytes(bytes("many"));
        NumberFormat numbers = new NumberFormat();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> payload.value(numbers)).isInstanceOf(UndecodableStateException.class);
        }
        assertThat(payload.bytes()).isEqualTo(bytes("many"));
    }

    @Test
    void integersAreDecimalText() {
        assertThat(Payload.ofInteger(-7).bytes()).isEqualTo(bytes("-7"));
        assertThat(Payload.ofInteger(-7).integer()).isEqualTo(-7);
        assertThat(Payload.ofBytes(bytes("12")).integer()).isEqualTo(12);
        assertThat(Payload.of(12, new NumberFormat()).integer()).isEqualTo(12);
        assertThatThrownBy(() -> Payload.ofBytes(bytes("many")).integer()).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void equalContentIsEqualInWhateverForm() {
        Payload object = Payload.of("text", format);
        Payload bytes = Payload.ofBytes(bytes("text"));
        assertThat(object)
                .isEqualTo(Payload.of("text", format))
                .isEqualTo(bytes)
                .hasSameHashCodeAs(bytes);
        assertThat(bytes).isEqualTo(object);
        assertThat(object).isNotEqualTo(Payload.of("other", format)).isNotEqualTo("text");
        assertThat(Payload.ofInteger(5)).isEqualTo(Payload.ofBytes(bytes("5")));
    }

    @Test
    void textDoesNotShowTheContent() {
        Payload payload = Payload.of("secret", format);
        assertThat(payload.toString()).doesNotContain("secret");
        payload.bytes();
        assertThat(payload).hasToString("Payload[6 bytes]");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static final class CountingFormat implements PayloadFormat<String> {

        private final AtomicInteger encoded = new AtomicInteger();
        private final AtomicInteger decoded = new AtomicInteger();

        @Override
        public byte[] encode(String value) {
            encoded.incrementAndGet();
            return PayloadTest.bytes(value);
        }

        @Override
        public String decode(byte[] bytes) {
            decoded.incrementAndGet();
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public boolean accepts(Object value) {
            return value instanceof String;
        }
    }

    private static final class NumberFormat implements PayloadFormat<Integer> {

        @Override
        public byte[] encode(Integer value) {
            return PayloadTest.bytes(value.toString());
        }

        @Override
        public Integer decode(byte[] bytes) {
            try {
                return Integer.valueOf(new String(bytes, StandardCharsets.UTF_8));
            } catch (NumberFormatException e) {
                throw new UndecodableStateException("no number");
            }
        }

        @Override
        public boolean accepts(Object value) {
            return value instanceof Integer;
        }
    }
}
