package io.distsync.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** Reads an event stream in the background, as a browser would. */
final class EventClient implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 30;

    private final HttpResponse<InputStream> response;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<Event> nodes = new LinkedBlockingQueue<>();
    private final AtomicInteger comments = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);

    private EventClient(HttpResponse<InputStream> response) {
        this.response = response;
        Thread reader = new Thread(this::read, "event-client");
        reader.setDaemon(true);
        reader.start();
    }

    static EventClient connect(HttpClient http, URI uri) {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Accept", "text/event-stream")
                .build();
        try {
            return new EventClient(http.send(request, BodyHandlers.ofInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    int status() {
        return response.statusCode();
    }

    String header(String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /** The next event that is of the state; waits for it. */
    Event next() throws InterruptedException {
        return next(events);
    }

    /** The next event that tells the nodes; waits for it. */
    Event nextNodes() throws InterruptedException {
        return next(nodes);
    }

    private static Event next(BlockingQueue<Event> queue) throws InterruptedException {
        Event event = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event within " + PATIENCE_SECONDS + " s");
        }
        return event;
    }

    int comments() {
        return comments.get();
    }

    /** Waits for the server to end the stream; false if it does not. */
    boolean awaitEnd() throws InterruptedException {
        return ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    void disconnect() throws IOException {
        response.body().close();
    }

    @Override
    public void close() throws IOException {
        disconnect();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            Event event = Event.NONE;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(":")) {
                    comments.incrementAndGet();
                } else if (!line.isEmpty()) {
                    event = event.with(line);
                } else if (!event.equals(Event.NONE)) {
                    (event.name().equals("nodes") ? nodes : events).add(event);
                    event = Event.NONE;
                }
            }
        } catch (IOException e) {
            // closed by either side
        } finally {
            ended.countDown();
        }
    }

    record Event(String id, String name, String data) {

        static final Event NONE = new Event("", "", "");

        /** This event with one more line of the stream. */
        Event with(String line) {
            if (line.startsWith("id:")) {
                return new Event(line.substring(3), name, data);
            }
            if (line.startsWith("event:")) {
                return new Event(id, line.substring(6), data);
            }
            return new Event(id, name, data + line.substring("data:".length()));
        }

        JsonNode json() {
            return Api.JSON.readTree(data);
        }

        long version() {
            return json().at("/version").asLong();
        }

        long counter() {
            return json().at("/value/counter").asLong();
        }
    }
}
