package io.distsync.boot.autoconfigure.cloud;

import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Says that the application registers itself, and when it has. Spring Cloud's own {@code AbstractAutoServiceRegistration} tells
 * of it by an event, and the health indicators of its discovery clients know nothing before that.
 */
final class CloudAutoRegistration implements AutoServiceRegistration, SmartLifecycle {

    /** After the own registration, and before leaderships begin. */
    private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 384;

    private final CloudRegistration registration;
    private final ApplicationEventPublisher events;
    private volatile boolean running;

    CloudAutoRegistration(CloudRegistration registration, ApplicationEventPublisher events) {
        this.registration = registration;
        this.events = events;
    }

    @Override
    public void start() {
        running = true;
        events.publishEvent(new InstanceRegisteredEvent<>(this, registration));
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
