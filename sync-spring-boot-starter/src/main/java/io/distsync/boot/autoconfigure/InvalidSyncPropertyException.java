package io.distsync.boot.autoconfigure;

/** A property of {@code sync.*} is out of its range. */
public final class InvalidSyncPropertyException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    private final String property;

    /**
     * A value that breaks a rule.
     *
     * @param property the full name
     * @param requirement what the value must be, as in "must be at least 1"
     */
    public InvalidSyncPropertyException(String property, Object value, String requirement) {
        super(
                property + " " + requirement + ", but is '" + value + "'",
                "Change " + property + ": it " + requirement + ".");
        this.property = property;
    }

    /** The full name of the property. */
    public String property() {
        return property;
    }
}
