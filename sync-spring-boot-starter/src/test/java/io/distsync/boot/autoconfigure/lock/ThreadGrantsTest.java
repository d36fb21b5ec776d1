package io.distsync.boot.autoconfigure.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.distsync.lock.LockGrant;
import org.junit.jupiter.api.Test;

class ThreadGrantsTest {

    @Test
    void grantThatIsLostWhileItIsLookedAtIsNone() {
        LockGrant grant = mock();
        given(grant.name()).willReturn("x");
        given(grant.isValid()).willReturn(true);
        given(grant.reenter()).willThrow(new IllegalStateException("lost"));
        ThreadGrants grants = new ThreadGrants();
        grants.push(grant);

        assertThat(grants.reenter("x")).isNull();
    }
}
