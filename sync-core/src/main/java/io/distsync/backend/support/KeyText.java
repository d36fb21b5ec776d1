package io.distsync.backend.support;

/**
 * Keys as bytes: each UTF-16 code unit by itself in the manner of UTF-8, surrogates included (CESU-8, Unicode Technical
 * Report 26). Every Java string survives it, and bytes sort as the strings do. Ordinary text looks like UTF-8.
 */
public final class KeyText {

    private KeyText() {}

    /** The bytes of a text. */
    public static byte[] encode(String text) {
        int length = text.length();
        int size = 0;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            size += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        }
        byte[] bytes = new byte[size];
        int at = 0;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes[at++] = (byte) c;
            } else if (c < 0x800) {
                bytes[at++] = (byte) (0xC0 | (c >> 6));
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            } else {
                bytes[at++] = (byte) (0xE0 | (c >> 12));
                bytes[at++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            }
        }
        return bytes;
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws MalformedDataException if it did not
     */
    public static String decode(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        int at = 0;
        while (at < bytes.length) {
            int lead = bytes[at] & 0xFF;
            int more = lead < 0x80 ? 0 : (lead & 0xE0) == 0xC0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : -1;
            if (more < 0 || at + more >= bytes.length) {
                throw new MalformedDataException("a key is not the text it should be, at byte " + at);
            }
            int c = more == 0 ? lead : more == 1 ? lead & 0x1F : lead & 0x0F;
            for (int i = 1; i <= more; i++) {
                c = (c << 6) | (bytes[at + i] & 0x3F);
            }
            text.append((char) c);
            at += more + 1;
        }
        return text.toString();
    }
}
