package io.distsync.boot.autoconfigure;

import io.distsync.Versioned;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/** The bean a listener method belongs to, proxied or not, looked up for each call. */
final class ListenerTarget {

    private final BeanFactory beans;
    private final String beanName;
    private final ListenerSignature signature;

    ListenerTarget(BeanFactory beans, String beanName, ListenerSignature signature) {
        this.beans = beans;
        this.beanName = beanName;
        this.signature = signature;
    }

    /**
     * Makes sure that the method can be called.
     *
     * @throws InvalidSyncListenerException if it cannot be reached through the bean's proxy
     */
    void check() {
        resolve(beans.getBean(beanName));
    }

    void call(Versioned<?> state) throws Exception {
        @Nullable Object[] arguments = signature.arguments(state);
        if (arguments == null) {
            return;
        }
        Call call = resolve(beans.getBean(beanName));
        ReflectionUtils.makeAccessible(call.method());
        try {
            call.method().invoke(call.receiver(), arguments);
        } catch (InvocationTargetException e) {
            ReflectionUtils.rethrowException(e.getTargetException());
        }
    }

    private Call resolve(Object bean) {
        Method method = signature.method();
        if (!AopUtils.isAopProxy(bean)) {
            return new Call(bean, method);
        }
        Method intercepted = AopUtils.isCglibProxy(bean) ? overridable(method) : inInterface(method, bean);
        return intercepted == null ? new Call(target(bean), method) : new Call(bean, intercepted);
    }

    private static @Nullable Method overridable(Method method) {
        int modifiers = method.getModifiers();
        return Modifier.isPrivate(modifiers) || Modifier.isFinal(modifiers) || Modifier.isStatic(modifiers)
                ? null
                : method;
    }

    private static @Nullable Method inInterface(Method method, Object proxy) {
        for (Class<?> type : proxy.getClass().getInterfaces()) {
            Method found = ClassUtils.getMethodIfAvailable(type, method.getName(), method.getParameterTypes());
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Proxies may be nested. */
    private Object target(Object proxy) {
        Object target = proxy;
        while (AopUtils.isAopProxy(target)) {
            Object next = AopProxyUtils.getSingletonTarget(target);
            if (next == null) {
                throw new InvalidSyncListenerException(
                        signature.toString(),
                        "cannot be called through the proxy of bean '" + beanName + "'.",
                        "Make it public and not final, or declare it in an interface of the bean.");
            }
            target = next;
        }
        return target;
    }

    private record Call(Object receiver, Method method) {}
}
