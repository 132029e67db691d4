package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.failures.NativeReader;
import dev.ashlar.simd.Xxh3;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The reader in C, with sanitizers where the compiler has them, reads mutants too: it never crashes, and never gives a
 * value that was not written under its key.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeFuzzTest {
    /** So many stores are read by one process. */
    private static final int GROUP = 64;

    private final NativeReader reader = NativeReader.get();
    private int read;

    /** @param share how many mutations of each specimen */
    private void run(int share, int place) {
        for (Specimen specimen : Specimens.all().values()) {
            List<Mutation> chosen = Mutations.share(new Mutations(specimen).mixed(30_000), 0, share, place);
            for (int from = 0; from < chosen.size(); from += GROUP) {
                readAll(specimen, chosen.subList(from, Math.min(chosen.size(), from + GROUP)));
            }
        }
        System.out.println("NativeFuzzTest: " + read + " mutations");
    }

    private void readAll(Specimen specimen, List<Mutation> group) {
        try (Scratch scratch = Scratch.make()) {
            List<Path> stores = new ArrayList<>();
            for (Mutation mutation : group) {
                Path store = scratch.path("store-" + stores.size());
                mutation.apply().image().writeTo(store);
                stores.add(store);
            }
            List<JsonNode> listed;
            try {
                listed = reader.json(List.of("list", "--json", "--hash"), stores);
                reader.json(List.of("verify", "--json"), stores);
            } catch (AssertionError e) {
                throw new AssertionError("one of " + group, e);
            }
            for (int i = 0; i < group.size(); i++) {
                check(specimen, group.get(i), listed.get(i));
                read++;
            }
        }
    }

    private static void check(Specimen specimen, Mutation mutation, JsonNode listed) {
        if (listed.has("error")) {
            return;
        }
        checkRows(specimen, mutation, listed);
        boolean forged = mutation.apply().seal().forgesRecords();
        Map<Integer, String> names = specimen.names();
        for (JsonNode found : listed.get("records")) {
            JsonNode hash = found.get("xxh3");
            if (hash != null) {
                String key = Bytes.text(HexFormat.of().parseHex(found.get("key").asText()));
                String path = Specimen.path(names.get(found.get("space").asInt()), key);
                Set<String> values =
                        forged ? specimen.payloads() : specimen.history().getOrDefault(path, Set.of());
                assertTrue(hashes(values).contains(hash.asText()), () -> mutation + ": never written: " + found);
            }
        }
    }

    private static void checkRows(Specimen specimen, Mutation mutation, JsonNode listed) {
        if (mutation.apply().seal() != Seal.NONE) {
            return; // a forged shape makes other rows
        }
        Map<Integer, String> names = specimen.names();
        for (JsonNode found : listed.get("rows")) {
            if (found.has("xxh3")) {
                String path = Specimen.path(
                        names.get(found.get("space").asInt()),
                        Author.key(found.get("id").asLong()));
                assertTrue(
                        hashes(specimen.history().getOrDefault(path, Set.of()))
                                .contains(found.get("xxh3").asText()),
                        () -> mutation + ": never written: " + found);
            }
        }
    }

    private static Set<String> hashes(Set<String> values) {
        Set<String> hashes = new HashSet<>();
        for (String value : values) {
            byte[] bytes = Bytes.bytes(value);
            hashes.add(HexFormat.of().toHexDigits(Xxh3.hash(bytes, 0, bytes.length, 0)));
        }
        return hashes;
    }

    @Test
    void someMutantsAreReadInC() {
        run(64, 0);
    }

    @Test
    @Tag("long")
    void manyMutantsAreReadInC() {
        run(2_400, Mutations.place());
    }
}
