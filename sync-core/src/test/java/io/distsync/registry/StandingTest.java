package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.registry.Standing.Next;
import io.distsync.version.Version;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StandingTest {

    private static final Version V1 = new Version(1, 1, 11);
    private static final Version V2 = new Version(1, 2, 12);
    private static final Standing REGISTERED = Standing.NEW.written(V1);
    private static final Standing CLOSED = REGISTERED.closed();
    private static final Standing REPLACED = REGISTERED.metAnother();

    private static void assertStanding(
            Standing standing, RegistrationStatus status, @Nullable Version expected, Next next) {
        assertThat(standing).isEqualTo(new Standing(status, expected, next));
    }

    @Test
    void firstWriteTakesWhateverIsThere() {
        assertThat(Standing.NEW.expected()).isNull();
        assertThat(Standing.NEW.next()).isEqualTo(Next.WRITE);
        assertStanding(REGISTERED, RegistrationStatus.REGISTERED, V1, Next.REST);
    }

    @Test
    void firstWriteWithoutAnAnswerIsRepeatedAsItWas() {
        Standing waiting = Standing.NEW.notWritten();
        assertThat(waiting.next()).isEqualTo(Next.WRITE_AGAIN);
        assertThat(waiting.due()).isEqualTo(Standing.NEW);
    }

    @Test
    void lostEntryIsWrittenAfterAWhileIfItIsStillWhatItWas() {
        Standing lost = REGISTERED.lost();
        assertStanding(lost, RegistrationStatus.RETRYING, V1, Next.WRITE_SOON);
        assertStanding(lost.due(), RegistrationStatus.RETRYING, V1, Next.WRITE);
    }

    @Test
    void entryThatIsGoneIsMadeAnewOnlyIfThereIsNoOther() {
        assertStanding(REGISTERED.lost().due().metNothing(), RegistrationStatus.RETRYING, Version.ABSENT, Next.WRITE);
    }

    @Test
    void entryThatIsThereAfterAllIsWrittenOver() {
        assertStanding(REGISTERED.lost().due().metItself(V2), RegistrationStatus.RETRYING, V2, Next.WRITE);
    }

    @Test
    void entryOfAnotherIsLeftAlone() {
        assertStanding(REGISTERED.lost().due().metAnother(), RegistrationStatus.REPLACED, V1, Next.END);
        assertStanding(REGISTERED.changed().metAnother(), RegistrationStatus.REPLACED, V1, Next.END);
    }

    @Test
    void storeThatIsBackIsToldWhatItMissed() {
        Standing failed = REGISTERED.changed().notWritten();
        assertStanding(failed, RegistrationStatus.RETRYING, V1, Next.WRITE_AGAIN);
        assertStanding(failed.due().written(V2), RegistrationStatus.REGISTERED, V2, Next.REST);
    }

    @Test
    void changeIsWrittenAtOnceUnlessAWriteIsToCome() {
        assertStanding(REGISTERED.changed(), RegistrationStatus.REGISTERED, V1, Next.WRITE);
        assertThat(REGISTERED.lost().changed()).isEqualTo(REGISTERED.lost());
        assertThat(Standing.NEW.notWritten().changed()).isEqualTo(Standing.NEW.notWritten());
    }

    @Test
    void closingDeletesWhatIsKnownToBeThere() {
        assertStanding(CLOSED, RegistrationStatus.CLOSED, V1, Next.DELETE);
        assertStanding(Standing.NEW.closed(), RegistrationStatus.CLOSED, null, Next.DELETE);
    }

    @Test
    void whatIsAnsweredAfterClosingIsStillDeleted() {
        assertStanding(CLOSED.written(V2), RegistrationStatus.CLOSED, V2, Next.DELETE);
        assertStanding(CLOSED.metItself(V2), RegistrationStatus.CLOSED, V2, Next.DELETE);
        assertThat(CLOSED.notWritten().next()).isEqualTo(Next.DELETE);
    }

    @Test
    void closedOneHasNothingToDoIfTheEntryIsNotItsOwn() {
        assertThat(CLOSED.metNothing()).isEqualTo(CLOSED.ended());
        assertThat(CLOSED.metAnother()).isEqualTo(CLOSED.ended());
        assertThat(CLOSED.ended().next()).isEqualTo(Next.END);
    }

    @Test
    void whatIsOverStaysSo() {
        List<UnaryOperator<Standing>> happenings =
                List.of(Standing::lost, Standing::changed, Standing::due, Standing::closed);
        for (UnaryOperator<Standing> happening : happenings) {
            assertThat(happening.apply(REPLACED)).isEqualTo(REPLACED);
            assertThat(happening.apply(CLOSED.ended())).isEqualTo(CLOSED.ended());
        }
    }
}
