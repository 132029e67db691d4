package dev.ashlar.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.FieldOrder;
import dev.ashlar.Length;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Types that cannot be types of values are refused with the member's name. */
class RefusedTypesTest {
    enum Colour {
        RED
    }

    abstract static class Abstract {
        abstract int a();
    }

    @interface Annotation {
        int a();
    }

    sealed interface Sealed {
        int a();
    }

    record Implements(int a) implements Sealed {}

    record None() {}

    interface OnlyDefault {
        default int a() {
            return 1;
        }
    }

    record Boxed(Integer boxed) {}

    record OfList(List<String> list) {}

    record OfEnum(Colour colour) {}

    record OfGeneric<X>(X any) {}

    record NoLength(String text) {}

    record NoArrayLength(int[] numbers) {}

    record ZeroLength(@Length(0) int[] numbers) {}

    record LengthOfInt(@Length(4) int number) {}

    record ArrayOfArrays(@Length(4) int[][] numbers) {}

    record ArrayOfTexts(@Length(4) String[] texts) {}

    record OfInterface(Good good) {}

    record Itself(@Length(2) Itself[] inner) {}

    record TooLarge(@Length(8 << 20) byte[] all, byte one) {}

    record Overflows(@Length(1 << 30) long[] all) {}

    interface Good {
        int a();
    }

    interface Unordered {
        int a();

        int b();
    }

    @FieldOrder("a")
    interface Missing extends Unordered {}

    @FieldOrder({"a", "b", "c"})
    interface TooMany extends Unordered {}

    @FieldOrder({"a", "b", "a"})
    interface Twice extends Unordered {}

    interface Generic {
        <X> X a();
    }

    interface SetterOnly {
        void a(int a);
    }

    interface OtherSetter {
        int a();

        void a(long a);
    }

    interface NothingAtAll {
        void a();
    }

    interface TwoArguments {
        int a(long x, int y);
    }

    interface Throws {
        int a(String x);
    }

    interface TwoLengths {
        @Length(2)
        int a(int index);

        @Length(3)
        int[] a();
    }

    interface LengthOnSetter {
        int a();

        @Length(3)
        void a(int a);
    }

    interface WrongElement {
        @Length(2)
        int[] a();

        void a(int index, long value);
    }

    interface ElementOfNoArray {
        int a();

        void a(int index, int value);
    }

    interface InItself {
        Inner inner();
    }

    interface Inner {
        InItself outer();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(String.class, "java.lang.String is neither a record nor an interface"),
                Arguments.of(int.class, "int"),
                Arguments.of(int[].class, "[I is neither"),
                Arguments.of(Colour.class, "Colour is neither"),
                Arguments.of(Abstract.class, "Abstract is neither"),
                Arguments.of(Annotation.class, "Annotation is neither"),
                Arguments.of(Sealed.class, "Sealed is neither a record nor an interface that others may implement"),
                Arguments.of(None.class, "None has no fields"),
                Arguments.of(OnlyDefault.class, "OnlyDefault has no fields"),
                Arguments.of(Boxed.class, "Boxed.boxed is of type java.lang.Integer"),
                Arguments.of(OfList.class, "OfList.list is of type java.util.List"),
                Arguments.of(OfEnum.class, "OfEnum.colour is of type"),
                Arguments.of(OfGeneric.class, "OfGeneric.any is of type java.lang.Object"),
                Arguments.of(NoLength.class, "NoLength.text needs a @Length"),
                Arguments.of(NoArrayLength.class, "NoArrayLength.numbers needs a @Length"),
                Arguments.of(ZeroLength.class, "ZeroLength.numbers needs a @Length of 1 or more"),
                Arguments.of(LengthOfInt.class, "LengthOfInt.number has a @Length"),
                Arguments.of(ArrayOfArrays.class, "ArrayOfArrays.numbers is of type int[]"),
                Arguments.of(ArrayOfTexts.class, "ArrayOfTexts.texts is of type java.lang.String"),
                Arguments.of(OfInterface.class, "OfInterface.good is of type"),
                Arguments.of(Itself.class, "Itself contains itself"),
                Arguments.of(InItself.class, "InItself contains itself"),
                Arguments.of(TooLarge.class, "TooLarge.one ends at byte 8388609"),
                Arguments.of(Overflows.class, "Overflows.all takes 8589934592 bytes"),
                Arguments.of(Unordered.class, "Unordered needs @FieldOrder"),
                Arguments.of(Missing.class, "Missing.b is not in @FieldOrder"),
                Arguments.of(TooMany.class, "TooMany.c is in @FieldOrder, and there is no accessor"),
                Arguments.of(Twice.class, "Twice.a is in @FieldOrder twice"),
                Arguments.of(Generic.class, "Generic.a is generic"),
                Arguments.of(SetterOnly.class, "SetterOnly.a has a setter and no accessor"),
                Arguments.of(OtherSetter.class, "OtherSetter.a is a field of type int"),
                Arguments.of(NothingAtAll.class, "NothingAtAll.a is neither an accessor"),
                Arguments.of(TwoArguments.class, "TwoArguments.a is neither an accessor"),
                Arguments.of(Throws.class, "Throws.a is neither an accessor"),
                Arguments.of(TwoLengths.class, "TwoLengths.a has a @Length on a setter, or two different ones"),
                Arguments.of(LengthOnSetter.class, "LengthOnSetter.a has a @Length on a setter"),
                Arguments.of(WrongElement.class, "WrongElement.a is a field of type int[]"),
                Arguments.of(ElementOfNoArray.class, "ElementOfNoArray.a is a field of type int"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void aTypeThatIsNotPossibleIsRefused(Class<?> type, String expected) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Schemas.of(type, null), type.getName());
        assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused.getMessage());
    }

    @Test
    void aTypeThatIsNotAccessibleIsRefused() throws ClassNotFoundException {
        Class<?> hiddenInItsModule = Class.forName("jdk.internal.access.JavaNetUriAccess");
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Schemas.of(hiddenInItsModule, null));
        assertTrue(refused.getMessage().contains("is not accessible"), refused.getMessage());
    }

    @Test
    void aPublicTypeOfAnotherModuleIsPossible() {
        Schema schema = Schemas.of(IntSupplier.class, null);
        byte[] bytes = {1, 2, 0, 0};
        IntSupplier read = (IntSupplier) schema.codec().read(MemorySegment.ofArray(bytes), 0);
        assertEquals(0x201, read.getAsInt());
        assertEquals("layout 1\nsize 4\nalignment 4\ngetAsInt i32 0 4\n", schema.description());
    }

    interface Left {
        int a();
    }

    interface Right {
        int a();

        @Override
        String toString();

        @Override
        int hashCode();
    }

    interface Both extends Left, Right {}

    @Test
    void oneMethodFromTwoInterfacesIsOneField() {
        assertEquals(4, Schemas.of(Both.class, null).layout().bytes());
    }
}
