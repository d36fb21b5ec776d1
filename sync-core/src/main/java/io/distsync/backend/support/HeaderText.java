package io.distsync.backend.support;

import io.distsync.version.Limits;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Headers of changes as stores write them: as the query of a URL those of one change ({@code name=value&name=value}), and with
 * a comma between those of several.
 */
public final class HeaderText {

    private HeaderText() {}

    /** The headers of some changes as text in ASCII. */
    public static byte[] bytes(List<Map<String, String>> headers) {
        return headers.stream()
                .map(HeaderText::query)
                .collect(Collectors.joining(","))
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String query(Map<String, String> headers) {
        return headers.entrySet().stream()
                .map(header -> encoded(header.getKey()) + "=" + encoded(header.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /**
     * Reads the headers of some changes.
     *
     * @throws MalformedDataException if they are not of so many changes, or over a limit
     */
    public static List<Map<String, String>> parse(byte[] bytes, int changes) {
        String[] queries = new String(bytes, StandardCharsets.US_ASCII).split(",", -1);
        if (queries.length != changes) {
            throw new MalformedDataException("headers of " + queries.length + " changes, not " + changes);
        }
        List<Map<String, String>> headers = new ArrayList<>(changes);
        for (String query : queries) {
            headers.add(parse(query));
        }
        return headers;
    }

    private static Map<String, String> parse(String query) {
        if (query.isEmpty()) {
            return Map.of();
        }
        Map<String, String> headers = new HashMap<>();
        for (String header : query.split("&", -1)) {
            int at = header.indexOf('=');
            if (at < 0) {
                throw new MalformedDataException("a header without a value");
            }
            headers.put(decoded(header.substring(0, at)), decoded(header.substring(at + 1)));
        }
        try {
            return Limits.checkHeaders(headers);
        } catch (IllegalArgumentException e) {
            throw new MalformedDataException("headers over a limit: " + e.getMessage());
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new MalformedDataException("not encoded as a header should be");
        }
    }
}
