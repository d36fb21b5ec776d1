package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.DistributedSync;
import io.distsync.FeedStatus;
import io.distsync.SyncService;
import io.distsync.sample.EventClient.Event;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;

/** What clients see of a view that is not current, which a local store never brings about by itself. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class FeedStatusTest {

    @LocalServerPort
    private int port;

    @Autowired
    private AtomicReference<FeedStatus> status;

    @Test
    void statusIsToldAndItsChangesArePushed() throws Exception {
        Api api = new Api(port);
        try (EventClient client = api.events()) {
            assertThat(client.next().json().at("/status").asString()).isEqualTo("CURRENT");

            status.set(new FeedStatus.Stale(Instant.EPOCH));

            Event stale = client.next();
            assertThat(stale.name()).isEqualTo("status");
            assertThat(stale.id()).isEmpty();
            assertThat(stale.json().at("/status").asString()).isEqualTo("STALE");
            assertThat(api.get("/api/state").json().at("/status").asString()).isEqualTo("STALE");

            status.set(new FeedStatus.Resyncing(Instant.EPOCH));
            assertThat(client.next().json().at("/status").asString()).isEqualTo("RESYNCING");

            status.set(new FeedStatus.Current());
            assertThat(client.next().json().at("/status").asString()).isEqualTo("CURRENT");
        }
    }

    @TestConfiguration(proxyBeanMethods = false)
    static class SteeredStatus {

        @Bean
        AtomicReference<FeedStatus> status() {
            return new AtomicReference<>(new FeedStatus.Current());
        }

        @Bean
        @Primary
        @SuppressWarnings("unchecked") // the proxy answers as the handle does
        DistributedSync<AppState> steered(SyncService sync, AtomicReference<FeedStatus> status) {
            DistributedSync<AppState> handle = sync.sync(AppState.class);
            return (DistributedSync<AppState>) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {DistributedSync.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("status")) {
                            return status.get();
                        }
                        try {
                            return method.invoke(handle, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
