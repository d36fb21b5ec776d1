package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.version.Limits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class HeaderTextTest {

    @Property
    void whatIsWrittenCanBeRead(@ForAll @Size(min = 1, max = 5) List<@From("headers") Map<String, String>> headers) {
        assertThat(HeaderText.parse(HeaderText.bytes(headers), headers.size())).isEqualTo(headers);
    }

    @Property(tries = 2_000)
    void anythingElseIsMalformedOrHeadersWithinTheLimits(
            @ForAll("nonsense") byte[] bytes, @ForAll @IntRange(min = 1, max = 4) int changes) {
        List<Map<String, String>> read = new ArrayList<>();
        Throwable thrown = catchThrowable(() -> read.addAll(HeaderText.parse(bytes, changes)));

        if (thrown == null) {
            assertThat(read).hasSize(changes).allSatisfy(Limits::checkHeaders);
        } else {
            assertThat(thrown).isInstanceOf(MalformedDataException.class);
        }
    }

    @Provide
    static Arbitrary<Map<String, String>> headers() {
        Arbitrary<String> texts = Arbitraries.oneOf(
                Arbitraries.strings()
                        .withChars("ab=&,%+ \n\u0000é\u20ac")
                        .ofMinLength(1)
                        .ofMaxLength(20),
                Arbitraries.of("traceparent", "\ud83d\ude00"));
        return Arbitraries.maps(texts, Arbitraries.oneOf(texts, Arbitraries.just("")))
                .ofMaxSize(Limits.MAX_HEADERS);
    }

    @Provide
    static Arbitrary<byte[]> nonsense() {
        return Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(60),
                Arbitraries.strings()
                        .withChars("a=&,%+2fG")
                        .ofMaxLength(40)
                        .map(text -> text.getBytes(StandardCharsets.US_ASCII)),
                Arbitraries.of("sync-a=1", "=1", "a=1&".repeat(20), "a=" + "x".repeat(2_000), "%".repeat(9))
                        .map(text -> text.getBytes(StandardCharsets.US_ASCII)));
    }
}
