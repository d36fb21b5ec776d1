package io.distsync.backend.redis;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash by which Redis knows scripts, and with which scripts make links. */
final class Sha1 {

    private Sha1() {}

    static byte[] of(byte[] text) {
        try {
            return MessageDigest.getInstance("SHA-1").digest(text);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has it", e);
        }
    }
}
