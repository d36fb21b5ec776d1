package io.distsync.soak;

/** Keeps what was opened for a while. */
interface Keeper {

    /** Something that ends what was opened. */
    interface Closing {
        void close() throws Exception;
    }

    /** Closes it later, whatever comes of it. */
    void keep(Closing opened);
}
