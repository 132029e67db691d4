package dev.ashlar.sim;

import java.io.IOException;
import java.io.InputStream;

/** Defines all classes of the project anew, one of them changed. */
final class BrokenEngine extends ClassLoader {
    private final Mutant mutant;

    private BrokenEngine(Mutant mutant) {
        super(BrokenEngine.class.getClassLoader());
        this.mutant = mutant;
    }

    /**
     * Makes the change at once: one that cannot be made would be thrown in the middle of a hunt otherwise, and taken for
     * something that the hunt has noticed.
     *
     * @param mutant null: the engine as it is
     */
    static ClassLoader of(Mutant mutant) throws ClassNotFoundException {
        BrokenEngine engine = new BrokenEngine(mutant);
        if (mutant != null) {
            Class<?> ignored = Class.forName(mutant.className(), true, engine);
        }
        return engine;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("dev.ashlar.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> present = findLoadedClass(name);
            return present != null ? present : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            if (mutant != null && mutant.className().equals(name)) {
                bytes = mutant.edit().apply(bytes);
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
