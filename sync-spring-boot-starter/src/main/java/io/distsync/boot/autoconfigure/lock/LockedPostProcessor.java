package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.SyncLocked;
import org.aopalliance.intercept.MethodInterceptor;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.core.Ordered;

/**
 * Puts a {@link LockedInterceptor} around the {@link SyncLocked} methods of beans: outside of what is there already, such as
 * transactions, and inside of retries and asynchronous execution, whose post-processors come later.
 */
final class LockedPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

    private static final long serialVersionUID = 1L;

    private final transient LockedMethods methods;

    LockedPostProcessor(LockedMethods methods, MethodInterceptor interceptor) {
        this.methods = methods;
        this.advisor =
                new DefaultPointcutAdvisor(new AnnotationMatchingPointcut(null, SyncLocked.class, true), interceptor);
        setBeforeExistingAdvisors(true);
        setOrder(Ordered.LOWEST_PRECEDENCE - 100);
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        Object proxy = super.postProcessAfterInitialization(bean, beanName);
        if (isEligible(proxy, beanName)) {
            methods.check(proxy);
        }
        return proxy;
    }
}
