package dev.ashlar.sim;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A process that hunts each {@link Mutant}, and first the engine as it is, which must come out of it unharmed. Prints a
 * line for each: its place in the list (-1: the engine as it is), a tab, and what was noticed.
 */
final class MutantHunt {
    static final String SURVIVED = "survived";

    private MutantHunt() {}

    public static void main(String[] arguments) throws Exception {
        int histories = Integer.parseInt(arguments[0]);
        List<Mutant> mutants = Mutant.all();
        int from = arguments.length > 1 ? Integer.parseInt(arguments[1]) : -1;
        int to = arguments.length > 1 ? from : mutants.size() - 1;
        for (int i = from; i <= to; i++) {
            ClassLoader engine = new BrokenEngine(i < 0 ? null : mutants.get(i));
            Object noticed = engine.loadClass(Hunt.class.getName())
                    .getMethod("run", int.class)
                    .invoke(null, histories);
            System.out.println(i + "\t" + (noticed == null ? SURVIVED : noticed));
        }
    }

    /** Defines all classes of the project anew, one of them changed. */
    private static final class BrokenEngine extends ClassLoader {
        private final Mutant mutant;

        BrokenEngine(Mutant mutant) {
            super(MutantHunt.class.getClassLoader());
            this.mutant = mutant;
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
}
