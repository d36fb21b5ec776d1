package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XxHash64Test {

    private static final long PRIME_32 = 2654435761L;
    private static final long PRIME_64 = 0x9E3779B185EBCA8DL;

    /** Those of the reference implementation (xsum_sanity_check.c) that have an even number of bytes. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, ef46db3751d8e999",
        "0, 2654435761, ac75fda2929b17ef",
        "4, 0, 9136a0dca57457ee",
        "14, 0, 8282dcc4994e35c8",
        "14, 2654435761, c3bd6bf63deb6df0",
        "222, 0, b641ae8cb691c174",
        "222, 2654435761, 20cb8ab7ae10c14a"
    })
    @DisplayName("R25: the hash has the published test vectors of XXH64")
    void publishedVectors(int bytes, long seed, String expected) {
        assertThat(Long.toHexString(XxHash64.hash(sanityText(bytes), seed))).isEqualTo(expected);
    }

    @Test
    void nullBytesCount() {
        assertThat(XxHash64.hash("a", 0)).isNotEqualTo(XxHash64.hash("a\0", 0));
    }

    /** The reference's buffer, each two bytes as a char. */
    private static String sanityText(int bytes) {
        StringBuilder text = new StringBuilder();
        long generator = PRIME_32;
        for (int i = 0; i < bytes; i += 2) {
            long low = generator >>> 56;
            generator *= PRIME_64;
            long high = generator >>> 56;
            generator *= PRIME_64;
            text.append((char) (low | (high << 8)));
        }
        return text.toString();
    }
}
