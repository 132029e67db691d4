package dev.ashlar.stress;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.stress.Register.Kind;
import dev.ashlar.stress.Register.Operation;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker finds what it should, and nothing else. Times are small numbers. */
class RegisterTest {
    private static final Operation FIRST = write(Kind.PUT, 10, 20, 1, 100);
    private static final Operation SECOND = write(Kind.PUT, 30, 60, 2, 200);

    private static Operation write(Kind kind, long start, long end, long write, long lsn) {
        return new Operation(kind, start, end, write, lsn, -1);
    }

    private static Operation saw(long start, long end, long write) {
        return new Operation(Kind.SAW, start, end, write, -1, -1);
    }

    private static Operation saw(Kind kind, long start, long end) {
        return new Operation(kind, start, end, -1, -1, -1);
    }

    private static void holds(Operation... history) {
        assertNull(Register.findFault(List.of(history)));
    }

    private static void fails(Operation... history) {
        assertNotNull(Register.findFault(List.of(history)));
    }

    @Test
    void aReadDuringAWriteMaySeeOldOrNew() {
        holds(FIRST, SECOND, saw(31, 32, 1), saw(33, 34, 2), saw(61, 62, 2));
        holds(FIRST, SECOND, saw(33, 59, 2), saw(31, 34, 1));
    }

    @Test
    void aReadAfterAWriteMustSeeIt() {
        fails(FIRST, SECOND, saw(61, 62, 1));
    }

    @Test
    void aReadBeforeAWriteMustNotSeeIt() {
        fails(FIRST, SECOND, saw(21, 29, 2));
    }

    @Test
    void nobodySeesTheOldValueOnceSomebodySawTheNew() {
        fails(FIRST, SECOND, saw(31, 40, 2), saw(41, 50, 1));
        holds(FIRST, SECOND, saw(31, 40, 2), saw(40, 50, 1));
    }

    @Test
    void aKeyThatIsAlwaysThereIsNeverAbsent() {
        fails(FIRST, SECOND, saw(Kind.ABSENT, 31, 59));
        holds(FIRST, SECOND, saw(Kind.ABSENT, 5, 15));
        holds(FIRST, SECOND, saw(Kind.PRESENT, 31, 59));
    }

    @Test
    void anAbsenceFitsOneOfSeveralDeletions() {
        Operation gone = write(Kind.DELETE, 30, 60, -1, 150);
        Operation again = write(Kind.PUT, 30, 60, 2, 200);
        holds(FIRST, gone, again, saw(Kind.ABSENT, 31, 40), saw(41, 50, 2));
        fails(FIRST, gone, again, saw(31, 40, 2), saw(Kind.ABSENT, 41, 50));
        holds(FIRST, gone, again, saw(31, 40, 2), saw(Kind.ABSENT, 41, 70), write(Kind.DELETE, 45, 65, -1, 250));
    }

    @Test
    void aClearRemovesWhateverIsThere() {
        Operation cleared = write(Kind.CLEAR, 30, 60, -1, 150);
        holds(cleared, saw(Kind.ABSENT, 61, 62));
        holds(FIRST, cleared, saw(31, 40, 1), saw(Kind.ABSENT, 41, 70));
        fails(FIRST, cleared, saw(61, 62, 1));
        fails(FIRST, cleared, write(Kind.DELETE, 61, 62, -1, 170));
    }

    @Test
    void aVersionIsDeletedOnce() {
        Operation deleted = new Operation(Kind.DELETE_VERSION, 30, 60, -1, 101, 100);
        holds(FIRST, deleted, saw(Kind.ABSENT, 61, 62));
        fails(FIRST, deleted, new Operation(Kind.DELETE_VERSION, 31, 60, -1, 102, 100));
        fails(FIRST, SECOND, new Operation(Kind.DELETE_VERSION, 61, 70, -1, 300, 100));
        fails(FIRST, deleted, deleted);
    }

    @Test
    void writesAreInTheOrderOfTheirLsns() {
        fails(FIRST, write(Kind.PUT, 30, 60, 2, 50));
        holds(FIRST, write(Kind.PUT, 15, 60, 2, 50));
    }

    @Test
    void conditionsHoldWhereTheWriteStands() {
        fails(FIRST, write(Kind.PUT_IF_ABSENT, 30, 60, 2, 200));
        holds(FIRST, new Operation(Kind.REPLACE, 30, 60, 2, 200, 100));
        fails(FIRST, SECOND, new Operation(Kind.REPLACE, 30, 60, 3, 300, 100));
        fails(FIRST, new Operation(Kind.NOT_VERSION, 30, 60, -1, -1, 100));
        holds(FIRST, SECOND, new Operation(Kind.NOT_VERSION, 30, 60, -1, -1, 100));
    }

    @Test
    void aValueThatNobodyWroteIsAFault() {
        fails(FIRST, saw(30, 40, 7));
    }
}
