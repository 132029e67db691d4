package dev.ashlar.interchange;

import dev.ashlar.simd.Xxh3;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Makes keys of 16 bytes that are told apart by a prefix: the XXH3-64 hash of the prefix, then that of the key, both
 * little-endian. They are those of simd-r-drive's hasher of the same name. A keyspace of its own is the better way where
 * both are to be had; this one is for stores that share their keys with others.
 *
 * <p>Unchanging, so any thread may use it.
 */
public final class NamespaceHasher {
    /** Length of a namespaced key. */
    public static final int KEY_BYTES = 16;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long prefixHash;

    public NamespaceHasher(byte[] prefix) {
        prefixHash = Xxh3.hash(prefix, 0, prefix.length, 0);
    }

    public NamespaceHasher(String prefix) {
        this(prefix.getBytes(StandardCharsets.UTF_8));
    }

    /** The namespaced key of a key of any length. */
    public byte[] namespace(byte[] key) {
        byte[] namespaced = new byte[KEY_BYTES];
        LONG.set(namespaced, 0, prefixHash);
        LONG.set(namespaced, Long.BYTES, Xxh3.hash(key, 0, key.length, 0));
        return namespaced;
    }

    /** As {@link #namespace(byte[])}, of the UTF-8 bytes. */
    public byte[] namespace(String key) {
        return namespace(key.getBytes(StandardCharsets.UTF_8));
    }
}
