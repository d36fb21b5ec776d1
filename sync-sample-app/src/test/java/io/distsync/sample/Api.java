package io.distsync.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The HTTP API as a client from outside sees it. */
final class Api {

    static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String base;

    Api(int port) {
        this.base = "http://localhost:" + port;
    }

    Answer get(String path) {
        return call("GET", path, null, "Accept", "*/*");
    }

    Answer post(String path) {
        return call("POST", path, null, "Accept", "*/*");
    }

    Answer delete(String path) {
        return call("DELETE", path, null, "Accept", "*/*");
    }

    Answer put(String json) {
        return call("PUT", "/api/state", json, "Content-Type", "application/json");
    }

    Answer put(long counter, String note) {
        return put("{\"counter\":%d,\"note\":%s}".formatted(counter, JSON.writeValueAsString(note)));
    }

    Answer call(String method, String path, @Nullable String body, String... headers) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .headers(headers)
                .timeout(Duration.ofSeconds(30))
                .build();
        try {
            HttpResponse<String> response = HTTP.send(request, BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new IllegalStateException(method + " " + path + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    EventClient events() {
        return EventClient.connect(HTTP, URI.create(base + "/api/events"));
    }

    record Answer(int status, HttpHeaders headers, String text) {

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        JsonNode json() {
            return text.isEmpty() ? MissingNode.getInstance() : JSON.readTree(text);
        }

        long counter() {
            return json().at("/value/counter").asLong();
        }

        long version() {
            return json().at("/version").asLong();
        }

        long[] revisions() {
            return json().at("/revisions").values().stream()
                    .flatMapToLong(node -> LongStream.of(node.asLong()))
                    .toArray();
        }
    }
}
