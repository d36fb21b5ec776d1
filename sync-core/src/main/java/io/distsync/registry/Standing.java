package io.distsync.registry;

import io.distsync.version.Version;
import org.jspecify.annotations.Nullable;

/**
 * Where a registration stands with the store, and what is to be done about it: a pure function of what happens to it. The
 * writes it asks for are made one at a time, and each expects what is known of the entry; so a registration never takes an
 * entry from another one that came later.
 *
 * @param status what users are told
 * @param expected the entry's version as last known, absent included; {@code null} before the first answer, when any entry
 *     is to be replaced
 * @param next what to do, unless a write is under way
 */
record Standing(RegistrationStatus status, @Nullable Version expected, Next next) {

    enum Next {
        /** Nothing, until something happens. */
        REST,
        WRITE,
        /** A write, but not at the same time as all the others who lost their entries for the same reason. */
        WRITE_SOON,
        /** The store has failed: another write in a while. */
        WRITE_AGAIN,
        DELETE,
        /** It is over. */
        END
    }

    static final Standing NEW = new Standing(RegistrationStatus.RETRYING, null, Next.WRITE);

    /** The store has it. */
    Standing written(Version version) {
        return isClosed()
                ? new Standing(status, version, Next.DELETE)
                : new Standing(RegistrationStatus.REGISTERED, version, Next.REST);
    }

    /** The entry is not there. */
    Standing metNothing() {
        return isClosed() ? ended() : new Standing(RegistrationStatus.RETRYING, Version.ABSENT, Next.WRITE);
    }

    /** The entry is this registration's, of another version than was thought. */
    Standing metItself(Version version) {
        return new Standing(status, version, isClosed() ? Next.DELETE : Next.WRITE);
    }

    /** The entry is of somebody who came later. */
    Standing metAnother() {
        return isClosed() ? ended() : new Standing(RegistrationStatus.REPLACED, expected, Next.END);
    }

    /** A write has failed, or was not answered. */
    Standing notWritten() {
        return isClosed()
                ? new Standing(status, expected, Next.DELETE)
                : new Standing(RegistrationStatus.RETRYING, expected, Next.WRITE_AGAIN);
    }

    /** The lease is over, by the clock of this process or by what the store says. */
    Standing lost() {
        return status.isFinal() ? this : new Standing(RegistrationStatus.RETRYING, expected, Next.WRITE_SOON);
    }

    /** It is to say something else from now on. What is not in the store says so with its next write anyway. */
    Standing changed() {
        return status == RegistrationStatus.REGISTERED ? new Standing(status, expected, Next.WRITE) : this;
    }

    /** The wait for a write is over. */
    Standing due() {
        return next == Next.WRITE_SOON || next == Next.WRITE_AGAIN ? new Standing(status, expected, Next.WRITE) : this;
    }

    /** Nobody wants it any more. */
    Standing closed() {
        return status.isFinal() ? this : new Standing(RegistrationStatus.CLOSED, expected, Next.DELETE);
    }

    /** There is nothing left to do; what the store may still have goes with its lease. */
    Standing ended() {
        return new Standing(RegistrationStatus.CLOSED, expected, Next.END);
    }

    private boolean isClosed() {
        return status == RegistrationStatus.CLOSED;
    }
}
