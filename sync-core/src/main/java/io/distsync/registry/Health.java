package io.distsync.registry;

/**
 * What the health checks of an instance have shown.
 *
 * @param up the verdict
 * @param against how many checks in a row have contradicted it
 */
record Health(boolean up, int against) {

    /** Nothing is known yet: one success is enough. */
    static Health unknown(HealthCheckOptions options) {
        return new Health(false, options.healthyThreshold() - 1);
    }

    Health after(boolean success, HealthCheckOptions options) {
        if (success == up) {
            return new Health(up, 0);
        }
        int needed = up ? options.unhealthyThreshold() : options.healthyThreshold();
        return against + 1 >= needed ? new Health(success, 0) : new Health(up, against + 1);
    }
}
