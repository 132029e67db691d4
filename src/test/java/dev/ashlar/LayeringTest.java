package dev.ashlar;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds which package may use which. A package that does not exist yet breaks no rule. */
class LayeringTest {

    private static final String VOCABULARY = "dev.ashlar";

    private static JavaClasses production;

    /** A package of the project (with those below it) and the packages of the project that it may use besides itself. */
    record Layer(String name, List<String> mayUse) {

        Layer(String name, String... mayUse) {
            this(name, List.of(mayUse));
        }

        String packages() {
            return VOCABULARY + "." + name + "..";
        }
    }

    static Stream<Layer> layers() {
        return Stream.of(
                new Layer("io"),
                new Layer("simd"),
                new Layer("log", "io", "simd"),
                new Layer("keyspace", "log", "io", "simd"),
                new Layer("vector", "keyspace", "log", "io", "simd"),
                new Layer("document", "log", "io", "simd"),
                new Layer("typed"),
                new Layer("engine", "typed", "document", "vector", "keyspace", "log", "io", "simd"),
                new Layer("interchange", "io", "simd"),
                new Layer("cli", "interchange"));
    }

    @BeforeAll
    static void read() {
        production = new ClassFileImporter().importPath(Path.of("target", "classes"));
        assertFalse(production.isEmpty(), "no classes to look at");
    }

    @Test
    void everyClassIsInALayer() {
        List<String> packages = new ArrayList<>(List.of(VOCABULARY));
        layers().map(Layer::packages).forEach(packages::add);
        check(classes().should().resideInAnyPackage(packages.toArray(String[]::new)));
    }

    @Test
    void vocabularyDependsOnNothing() {
        check(noClasses()
                .that(resideInAnyPackage(VOCABULARY).and(isOrIsIn("dev.ashlar.Store", false)))
                .should()
                .dependOnClassesThat(projectOutside(VOCABULARY)));
    }

    @Test
    void storeMayNameTheEngine() {
        check(noClasses()
                .that(isOrIsIn("dev.ashlar.Store", true))
                .should()
                .dependOnClassesThat(projectOutside(VOCABULARY, "dev.ashlar.engine")));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void layerUsesOnlyWhatIsBelow(Layer layer) {
        List<String> allowed = new ArrayList<>(List.of(VOCABULARY, layer.packages()));
        layer.mayUse().forEach(name -> allowed.add(VOCABULARY + "." + name + ".."));
        check(noClasses()
                .that()
                .resideInAPackage(layer.packages())
                .should()
                .dependOnClassesThat(projectOutside(allowed.toArray(String[]::new))));
    }

    @Test
    void onlyIoTouchesFilesAndNativeFunctions() {
        // What the command line exports is no part of a store, and not behind its seam.
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.ashlar.io..")
                .and()
                .haveNameNotMatching("dev\\.ashlar\\.cli\\.ExportedFiles.*")
                .should()
                .dependOnClassesThat(isOrIsIn("java.nio.channels.FileChannel", true)
                        .or(isOrIsIn("java.lang.foreign.Linker", true))
                        .or(isOrIsIn("java.lang.foreign.SymbolLookup", true))));
    }

    @Test
    void onlySimdUsesTheVectorApi() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.ashlar.simd..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector.."));
    }

    @Test
    void onlyTheEngineUsesTheRing() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.ashlar.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.lmax.disruptor.."));
    }

    @Test
    void onlyDocumentsUseZstandard() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.ashlar.document..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.github.luben.zstd.."));
    }

    @Test
    void nobodyAsksForACollection() {
        check(noClasses().should().callMethod(System.class, "gc"));
        check(noClasses().should().callMethod(Runtime.class, "gc"));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(production);
    }

    /** Classes of the project that are in none of these packages. */
    private static DescribedPredicate<JavaClass> projectOutside(String... packages) {
        return resideInAnyPackage("dev.ashlar..").and(DescribedPredicate.not(resideInAnyPackage(packages)));
    }

    /** A class or one nested in it, if {@code expected}; else every other class. */
    private static DescribedPredicate<JavaClass> isOrIsIn(String name, boolean expected) {
        return describe(
                (expected ? "are " : "are not ") + name,
                type -> (type.getName().equals(name) || type.getName().startsWith(name + "$")) == expected);
    }
}
