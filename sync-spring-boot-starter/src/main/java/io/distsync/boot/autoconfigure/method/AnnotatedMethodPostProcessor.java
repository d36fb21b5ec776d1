package io.distsync.boot.autoconfigure.method;

import org.aopalliance.intercept.MethodInterceptor;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Puts an interceptor around the methods of beans that have an annotation: outside of what is there already, such as
 * transactions, and inside of retries and asynchronous execution, whose post-processors come later.
 */
public final class AnnotatedMethodPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

    private static final long serialVersionUID = 1L;

    /** The order of locks; who comes after it is further out. */
    public static final int LOCKS = Ordered.LOWEST_PRECEDENCE - 100;

    private final transient AnnotatedMethods<?, ?> methods;

    /** Makes proxies of classes, as Spring Boot does, unless {@code spring.aop.proxy-target-class} says otherwise. */
    public AnnotatedMethodPostProcessor(
            AnnotatedMethods<?, ?> methods, MethodInterceptor interceptor, int order, Environment environment) {
        this.methods = methods;
        this.advisor =
                new DefaultPointcutAdvisor(new AnnotationMatchingPointcut(null, methods.type(), true), interceptor);
        setBeforeExistingAdvisors(true);
        setOrder(order);
        setProxyTargetClass(environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true));
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        Object proxy = super.postProcessAfterInitialization(bean, beanName);
        if (isEligible(proxy, beanName) || isEligibleBehind(proxy)) {
            methods.check(proxy);
        }
        return proxy;
    }

    /** The class of an interface proxy has none of the annotations of the bean's. */
    private boolean isEligibleBehind(Object proxy) {
        return AopUtils.isJdkDynamicProxy(proxy)
                && !(proxy instanceof AopInfrastructureBean)
                && isEligible(AopUtils.getTargetClass(proxy));
    }
}
