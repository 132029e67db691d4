package dev.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Holds what the build promises to all other tests. */
class BuildTest {

    @Test
    void testsRunInTheNamedModule() {
        Module module = BuildTest.class.getModule();
        assertTrue(module.isNamed(), "tests run on the class path");
        assertEquals("dev.ashlar", module.getName());
    }

    @Test
    void javaIs25OrNewer() {
        assertTrue(Runtime.version().feature() >= 25, () -> "tests run on Java " + Runtime.version());
    }

    @Test
    void vectorModuleIsPresent() {
        assertTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
    }
}
