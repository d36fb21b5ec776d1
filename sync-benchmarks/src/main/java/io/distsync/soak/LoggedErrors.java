package io.distsync.soak;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.Objects;
import org.slf4j.LoggerFactory;

/** Takes what the library logs as an error for what it is: nothing that is done here is to cause one. */
final class LoggedErrors extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private static final String LIBRARY = "io.distsync";

    private final Alarm alarm;
    private final Logger logger = (Logger) LoggerFactory.getLogger(LIBRARY);

    private LoggedErrors(Alarm alarm) {
        this.alarm = alarm;
    }

    /** From now on, until it is closed. Kafka's clients are told to keep to themselves that a broker is away. */
    static LoggedErrors to(Alarm alarm) {
        LoggedErrors errors = new LoggedErrors(alarm);
        errors.setContext(errors.logger.getLoggerContext());
        errors.start();
        errors.logger.addAppender(errors);
        ((Logger) LoggerFactory.getLogger("org.apache.kafka")).setLevel(Level.ERROR);
        return errors;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
            String thrown = event.getThrowableProxy() == null
                    ? ""
                    : ": " + Objects.requireNonNull(event.getThrowableProxy()).getClassName() + ", "
                            + event.getThrowableProxy().getMessage();
            alarm.raise("logged as an error: " + event.getFormattedMessage() + thrown);
        }
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        stop();
    }
}
