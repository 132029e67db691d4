package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 0 B",
                "1023 | 1,023 B",
                "1024 | 1.0 KiB",
                "1536 | 1.5 KiB",
                "1048575 | 1.0 MiB",
                "1048576 | 1.0 MiB",
                "9223372036854775807 | 8.0 EiB"
            })
    void bytesAreInBinaryUnits(long bytes, String expected) {
        assertEquals(expected, Units.bytes(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 ns",
        "999, 999 ns",
        "1000, 1.0 µs",
        "1500000, 1.5 ms",
        "1000000000, 1.00 s",
        "90000000000, 90.00 s"
    })
    void timesAreInTheUnitThatSuits(long nanos, String expected) {
        assertEquals(expected, Units.time(nanos));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"1000 | 1000 | 1,000/s", "10 | 500 | 20/s", "0 | 0 | 0/s"})
    void ratesArePerSecond(long count, long millis, String expected) {
        assertEquals(expected, Units.countPerSecond(count, Duration.ofMillis(millis)));
    }
}
