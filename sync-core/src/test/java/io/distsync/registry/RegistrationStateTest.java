package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.registry.RegistrationState.Next;
import io.distsync.version.Version;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RegistrationStateTest {

    private static final Version V1 = new Version(1, 1, 11);
    private static final Version V2 = new Version(1, 2, 12);
    private static final RegistrationState REGISTERED = RegistrationState.NEW.written(V1);
    private static final RegistrationState CLOSED = REGISTERED.closed();
    private static final RegistrationState REPLACED = REGISTERED.metAnother(V2);

    private static void assertState(
            RegistrationState state, RegistrationStatus status, @Nullable Version expected, Next next) {
        assertThat(state).isEqualTo(new RegistrationState(status, expected, next));
    }

    @Test
    void firstWriteTakesWhateverIsThere() {
        assertThat(RegistrationState.NEW.expected()).isNull();
        assertThat(RegistrationState.NEW.next()).isEqualTo(Next.WRITE);
        assertState(REGISTERED, RegistrationStatus.REGISTERED, V1, Next.REST);
    }

    @Test
    void firstWriteWithoutAnAnswerIsRepeatedAsItWas() {
        RegistrationState waiting = RegistrationState.NEW.notWritten();
        assertThat(waiting.next()).isEqualTo(Next.WRITE_AGAIN);
        assertThat(waiting.due()).isEqualTo(RegistrationState.NEW);
    }

    @Test
    void lostEntryIsWrittenAfterAWhileIfItIsStillWhatItWas() {
        RegistrationState lost = REGISTERED.lost();
        assertState(lost, RegistrationStatus.RETRYING, V1, Next.WRITE_SOON);
        assertState(lost.due(), RegistrationStatus.RETRYING, V1, Next.WRITE);
    }

    @Test
    void entryThatIsGoneIsMadeAnewOnlyIfThereIsNoOther() {
        assertState(REGISTERED.lost().due().metNothing(), RegistrationStatus.RETRYING, Version.ABSENT, Next.WRITE);
    }

    @Test
    void entryThatIsThereAfterAllIsWrittenOver() {
        assertState(REGISTERED.lost().due().metItself(V2), RegistrationStatus.RETRYING, V2, Next.WRITE);
    }

    @Test
    void entryOfAnotherIsLeftAlone() {
        assertState(REGISTERED.lost().due().metAnother(V2), RegistrationStatus.REPLACED, V1, Next.END);
        assertState(REGISTERED.changed().metAnother(V2), RegistrationStatus.REPLACED, V1, Next.END);
    }

    @Test
    void entryOfWhoCameBeforeIsReplacedAgain() {
        RegistrationState newer = RegistrationState.NEW.written(V2);
        assertState(newer.lost().due().metAnother(V1), RegistrationStatus.RETRYING, V1, Next.WRITE);
        assertState(newer.closed().metAnother(V1), RegistrationStatus.CLOSED, V1, Next.DELETE);
        assertThat(REGISTERED.lost().due().metNothing().metAnother(V1).status()).isEqualTo(RegistrationStatus.REPLACED);
        assertThat(RegistrationState.NEW.closed().metAnother(V1).next()).isEqualTo(Next.END);
    }

    @Test
    void storeThatIsBackIsToldWhatItMissed() {
        RegistrationState failed = REGISTERED.changed().notWritten();
        assertState(failed, RegistrationStatus.RETRYING, V1, Next.WRITE_AGAIN);
        assertState(failed.due().written(V2), RegistrationStatus.REGISTERED, V2, Next.REST);
    }

    @Test
    void changeIsWrittenAtOnceUnlessAWriteIsToCome() {
        assertState(REGISTERED.changed(), RegistrationStatus.REGISTERED, V1, Next.WRITE);
        assertThat(REGISTERED.lost().changed()).isEqualTo(REGISTERED.lost());
        assertThat(RegistrationState.NEW.notWritten().changed()).isEqualTo(RegistrationState.NEW.notWritten());
    }

    @Test
    void closingDeletesWhatIsKnownToBeThere() {
        assertState(CLOSED, RegistrationStatus.CLOSED, V1, Next.DELETE);
        assertState(RegistrationState.NEW.closed(), RegistrationStatus.CLOSED, null, Next.DELETE);
    }

    @Test
    void whatIsAnsweredAfterClosingIsStillDeleted() {
        assertState(CLOSED.written(V2), RegistrationStatus.CLOSED, V2, Next.DELETE);
        assertState(CLOSED.metItself(V2), RegistrationStatus.CLOSED, V2, Next.DELETE);
        assertThat(CLOSED.notWritten().next()).isEqualTo(Next.DELETE);
    }

    @Test
    void closedOneHasNothingToDoIfTheEntryIsNotItsOwn() {
        assertThat(CLOSED.metNothing()).isEqualTo(CLOSED.ended());
        assertThat(CLOSED.metAnother(V2)).isEqualTo(CLOSED.ended());
        assertThat(CLOSED.ended().next()).isEqualTo(Next.END);
    }

    @Test
    void whatIsOverStaysSo() {
        List<UnaryOperator<RegistrationState>> happenings = List.of(
                RegistrationState::lost, RegistrationState::changed, RegistrationState::due, RegistrationState::closed);
        for (UnaryOperator<RegistrationState> happening : happenings) {
            assertThat(happening.apply(REPLACED)).isEqualTo(REPLACED);
            assertThat(happening.apply(CLOSED.ended())).isEqualTo(CLOSED.ended());
        }
    }
}
