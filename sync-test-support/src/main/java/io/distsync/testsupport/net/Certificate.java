package io.distsync.testsupport.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A self-signed certificate for loopback with its key, as PEM files. Whoever trusts it trusts both sides of a connection
 * that use it. Needs the {@code keytool} of the JDK.
 */
public final class Certificate implements AutoCloseable {

    private static final String PASSWORD = "loopback";
    private static final String ALIAS = "loopback";

    private final Path folder;

    private Certificate(Path folder) {
        this.folder = folder;
    }

    /** A new one. */
    public static Certificate create() {
        try {
            Certificate certificate = new Certificate(Files.createTempDirectory("certificate-"));
            certificate.generate();
            return certificate;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("no certificate", e);
        }
    }

    /** The file with the certificate. */
    public Path certificate() {
        return folder.resolve("certificate.pem");
    }

    /** The file with the private key, not encrypted. */
    public Path key() {
        return folder.resolve("key.pem");
    }

    private void generate() throws IOException, GeneralSecurityException {
        Path file = folder.resolve("store.p12");
        run(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                ALIAS,
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-validity",
                "7",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1");
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        write(certificate(), "CERTIFICATE", store.getCertificate(ALIAS).getEncoded());
        write(
                key(),
                "PRIVATE KEY",
                Objects.requireNonNull(store.getKey(ALIAS, PASSWORD.toCharArray()))
                        .getEncoded());
    }

    private static void run(String... command) throws IOException {
        Process process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException(command[0] + " ended with " + status + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void write(Path file, String what, byte[] content) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
