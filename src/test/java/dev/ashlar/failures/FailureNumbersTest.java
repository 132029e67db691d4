package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Each thing that has to be survived has a number, and a test that is named after it. */
class FailureNumbersTest {
    /** How many there are of each letter. */
    private static final Map<String, Integer> LAST = Map.of("A", 35, "B", 10, "C", 18);

    @Test
    @DisplayName("Every failure that has to be survived is named by a test")
    void everyNumberHasATest() throws Exception {
        List<String> names = new ArrayList<>();
        for (Path file : classFiles()) {
            ClassModel type = ClassFile.of().parse(file);
            type.methods().stream()
                    .filter(FailureNumbersTest::isTest)
                    .forEach(method -> names.add(displayName(method)));
        }
        LAST.forEach((letter, last) -> {
            Set<Integer> named = new TreeSet<>();
            names.forEach(name -> addNumbers(letter, name, named));
            List<Integer> missing = IntStream.rangeClosed(1, last)
                    .boxed()
                    .filter(number -> !named.contains(number))
                    .toList();
            assertEquals(List.of(), missing, "numbers of " + letter + " that no test names");
        });
    }

    private static List<Path> classFiles() throws IOException, URISyntaxException {
        String name = '/' + FailureNumbersTest.class.getName().replace('.', '/') + ".class";
        String url = String.valueOf(FailureNumbersTest.class.getResource(name));
        Path root = Path.of(new URI(url.substring(0, url.length() - name.length()) + "/"));
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith("Test.class")).toList();
            assertTrue(found.size() > 50, found.size() + " test classes in " + root);
            return found;
        }
    }

    /** By its annotations; a name without one of them runs nothing. */
    private static boolean isTest(MethodModel method) {
        return annotations(method).stream()
                .map(annotation -> annotation.className().stringValue())
                .anyMatch(name -> name.endsWith("/Test;")
                        || name.endsWith("/ParameterizedTest;")
                        || name.endsWith("/RepeatedTest;")
                        || name.endsWith("/Property;"));
    }

    private static String displayName(MethodModel method) {
        return annotations(method).stream()
                .filter(annotation -> annotation.className().stringValue().endsWith("/DisplayName;")
                        || annotation.className().stringValue().endsWith("/Label;"))
                .flatMap(annotation -> annotation.elements().stream())
                .map(element -> element.value() instanceof AnnotationValue.OfString text ? text.stringValue() : "")
                .findFirst()
                .orElse("");
    }

    private static List<Annotation> annotations(AttributedElement element) {
        return element.findAttribute(Attributes.runtimeVisibleAnnotations())
                .map(attribute -> attribute.annotations())
                .orElse(List.of());
    }

    private static void addNumbers(String letter, String name, Set<Integer> numbers) {
        Matcher matcher = Pattern.compile(
                        "\\b" + letter + "([1-9][0-9]?)\\b(?:\\s*[-–]\\s*" + letter + "?([1-9][0-9]?)\\b)?")
                .matcher(name);
        while (matcher.find()) {
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            IntStream.rangeClosed(first, last).forEach(numbers::add);
        }
    }

    @Test
    @DisplayName("Numbers are read from names: one, several, and from one to another")
    void numbersAreRead() {
        Set<Integer> numbers = new TreeSet<>();
        addNumbers("A", "B7 A2, A10: a thing, A12-A14, BA3 and A400", numbers);
        assertEquals(Set.of(2, 10, 12, 13, 14), numbers);
        numbers.clear();
        addNumbers("B", "B7, A2, AB3 and B9–10", numbers);
        assertEquals(Set.of(7, 9, 10), numbers);
    }
}
