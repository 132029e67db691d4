package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HashVectorsTest {
    @ParameterizedTest
    @CsvSource({
        "alice,4da10dd61a0116b0",
        "bob,1403c0c40f49b8e5",
        "carol,e2fdb994ad3fcba4",
        "key1,384d070cd5d829e2",
        "test_key,e0614cc5ecbeed92",
        "longer_key_name,4c21bc57c3b572ee"
    })
    void keysHaveTheHashesOfTheReference(String key, String hash) {
        assertEquals(hash, HexFormat.of().toHexDigits(SimdRDrive.keyHash(DriveBytes.utf8(key))));
    }

    @ParameterizedTest
    @CsvSource({
        "16,5ba2f2b7fe36b88b",
        "17,67bba3f0fd901aef",
        "32,1ac58d79fe079702",
        "64,d61189c19e55a44e",
        "128,6fafef5a44cd2e42",
        "129,4d8c5b2fdb05729c",
        "240,aeaa77641ae692a8",
        "241,0fff32570af85537",
        "1024,4d35ad08e9d77c0d",
        "1025,2bbaf002dac60111"
    })
    void everyLengthClassHasTheHashesOfTheReference(int length, String hash) {
        assertEquals(hash, HexFormat.of().toHexDigits(SimdRDrive.keyHash(DriveBytes.utf8("A".repeat(length)))));
    }

    @Test
    void soHaveNothingAndAZero() {
        assertEquals(0x2d06800538d394c2L, SimdRDrive.keyHash(new byte[0]));
        assertEquals(0xc44bdff4074eecdbL, SimdRDrive.keyHash(new byte[1]));
    }

    @Test
    void namespacedKeysAreTwoHashesLowestByteFirst() {
        byte[] key = new NamespaceHasher("namespace1").namespace("key1");
        assertEquals("7c066c9df2e6eccbe229d8d50c074d38", HexFormat.of().formatHex(key));
        assertEquals(NamespaceHasher.KEY_BYTES, key.length);
        List<byte[]> same =
                List.of(new NamespaceHasher(DriveBytes.utf8("namespace1")).namespace(DriveBytes.utf8("key1")), key);
        assertEquals(HexFormat.of().formatHex(same.getFirst()), HexFormat.of().formatHex(same.getLast()));
    }
}
