package io.distsync;

/** How a listener is told of changes. */
public enum Delivery {

    /** Every change, in order, through a bounded buffer; a listener that falls behind it gets one reset. */
    EVERY,

    /** The newest state only; what was overtaken while the listener was busy is left out, and never a reset. */
    LATEST
}
