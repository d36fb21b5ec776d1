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
record RegistrationState(
        RegistrationStatus status, @Nullable Version expected, Next next) {

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

    static final RegistrationState NEW = new RegistrationState(RegistrationStatus.RETRYING, null, Next.WRITE);

    /** The store has it. */
    RegistrationState written(Version version) {
        return isClosed()
                ? new RegistrationState(status, version, Next.DELETE)
                : new RegistrationState(RegistrationStatus.REGISTERED, version, Next.REST);
    }

    /** The entry is not there. */
    RegistrationState metNothing() {
        return isClosed() ? ended() : new RegistrationState(RegistrationStatus.RETRYING, Version.ABSENT, Next.WRITE);
    }

    /** The entry is this registration's, of another version than was thought. */
    RegistrationState metItself(Version version) {
        return new RegistrationState(status, version, isClosed() ? Next.DELETE : Next.WRITE);
    }

    /** The entry is of somebody else: who came later, or, if history was rewound, who came before and is replaced again. */
    RegistrationState metAnother(Version version) {
        if (expected != null && !version.isNewerThan(expected)) {
            return metItself(version);
        }
        return isClosed() ? ended() : new RegistrationState(RegistrationStatus.REPLACED, expected, Next.END);
    }

    /** A write has failed, or was not answered. */
    RegistrationState notWritten() {
        return isClosed()
                ? new RegistrationState(status, expected, Next.DELETE)
                : new RegistrationState(RegistrationStatus.RETRYING, expected, Next.WRITE_AGAIN);
    }

    /** The lease is over, by the clock of this process or by what the store says. */
    RegistrationState lost() {
        return status.isFinal() ? this : new RegistrationState(RegistrationStatus.RETRYING, expected, Next.WRITE_SOON);
    }

    /** It is to say something else from now on. What is not in the store says so with its next write anyway. */
    RegistrationState changed() {
        return status == RegistrationStatus.REGISTERED ? new RegistrationState(status, expected, Next.WRITE) : this;
    }

    /** The wait for a write is over. */
    RegistrationState due() {
        return next == Next.WRITE_SOON || next == Next.WRITE_AGAIN
                ? new RegistrationState(status, expected, Next.WRITE)
                : this;
    }

    /** Nobody wants it any more. */
    RegistrationState closed() {
        return status.isFinal() ? this : new RegistrationState(RegistrationStatus.CLOSED, expected, Next.DELETE);
    }

    /** There is nothing left to do; what the store may still have goes with its lease. */
    RegistrationState ended() {
        return new RegistrationState(RegistrationStatus.CLOSED, expected, Next.END);
    }

    private boolean isClosed() {
        return status == RegistrationStatus.CLOSED;
    }
}
