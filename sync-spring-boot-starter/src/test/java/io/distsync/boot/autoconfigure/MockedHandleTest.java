package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

import io.distsync.DistributedSync;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.stereotype.Component;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

/** How an application's own tests replace a handle. */
@SpringJUnitConfig
class MockedHandleTest {

    @MockitoBean
    private DistributedSync<AppState> handle;

    @Autowired
    private Reader reader;

    @Test
    void mockIsInjectedInsteadOfTheHandle() {
        given(handle.get()).willReturn(new AppState(5, "mocked"));
        assertThat(reader.sync().get()).isEqualTo(new AppState(5, "mocked"));
    }

    @Component
    record Reader(DistributedSync<AppState> sync) {}

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(SyncAutoConfiguration.class)
    @Import(Reader.class)
    static class App {}
}
