package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class SimdSupportTest {

    @ParameterizedTest
    @CsvSource({
        "auto, 512, 512, vector 512-bit",
        "auto, 1024, 512, vector 512-bit",
        "auto, 256, 256, vector 256-bit",
        "auto, 128, 0, scalar (128-bit vectors are slower)",
        "auto, 64, 0, scalar (no hardware vectors)",
        "auto, -1, 0, scalar (incubator module absent)",
        "scalar, 512, 0, scalar (ashlar.simd=scalar)",
        "128, 512, 128, vector 128-bit",
        "128, 128, 128, vector 128-bit",
        "256, 512, 256, vector 256-bit",
        "512, 256, 256, 'vector 256-bit (ashlar.simd=512, but the hardware has 256)'",
        "512, 64, 0, 'scalar (ashlar.simd=512, but no hardware vectors)'",
        "256, -1, 0, 'scalar (ashlar.simd=256, but incubator module absent)'",
        "wide, 256, 256, vector 256-bit (unknown ashlar.simd=wide ignored)",
        "wide, -1, 0, scalar (incubator module absent; unknown ashlar.simd=wide ignored)"
    })
    void theWidthFollowsWishAndHardware(String wish, int hardwareBits, int bits, String description) {
        SimdSupport.Choice choice = SimdSupport.choose(wish, hardwareBits);
        assertEquals(bits, choice.bits());
        assertEquals(description, choice.description());
    }

    @Test
    void theChoiceOfThisProcessIsConsistent() {
        int bits = SimdSupport.vectorBits();
        assertTrue(bits == 0 || bits == 128 || bits == 256 || bits == 512, () -> "bits: " + bits);
        assertTrue(
                SimdSupport.describe().startsWith(bits == 0 ? "scalar (" : "vector " + bits + "-bit"),
                SimdSupport::describe);
        assertEquals(bits == 0, Xxh3.activeKernel() instanceof ScalarXxh3);
    }
}
