package io.distsync.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Asks by HTTP/1.1. The client's own thread is the JDK's, and ends when this object is not used any more; those that work for it
 * end when they had nothing to do for a second.
 */
final class HttpHealthCheck implements HealthCheck {

    private static final int SUCCESS = 2;
    private static final int THREADS = 2;

    private final String path;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .executor(threads())
            .build();

    HttpHealthCheck(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("the path of a health check must begin with a slash: '" + path + "'");
        }
        URI.create("http://localhost" + path); // or it is no path
        this.path = path;
    }

    private static ExecutorService threads() {
        ThreadPoolExecutor threads =
                new ThreadPoolExecutor(THREADS, THREADS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "distsync-health-check");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    @Override
    public CompletionStage<?> check(ServiceInstance instance, Duration timeout) {
        HttpRequest request =
                HttpRequest.newBuilder(target(instance)).timeout(timeout).build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                .thenCompose(HttpHealthCheck::judge);
    }

    /**
     * What is asked.
     *
     * @throws IllegalArgumentException if the host is none that a URI may have
     */
    URI target(ServiceInstance instance) {
        String host = instance.host();
        String literal = host.indexOf(':') < 0 || host.startsWith("[") ? host : "[" + host + "]";
        String scheme = instance.secure() ? "https" : "http";
        String port = instance.port() == 0 ? "" : ":" + instance.port();
        String target = scheme + "://" + literal + port + path;
        try {
            URI uri = new URI(target);
            if (uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("not to be checked by HTTP: '" + target + "'", e);
        }
        throw new IllegalArgumentException(
                "the host of an instance that is checked by HTTP must be one of a URI, but is '" + host + "'");
    }

    private static CompletionStage<?> judge(HttpResponse<InputStream> response) {
        try {
            response.body().close(); // without reading it, however long it is
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        return response.statusCode() / 100 == SUCCESS
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(
                        new IOException(response.uri() + " answered with status " + response.statusCode()));
    }
}
