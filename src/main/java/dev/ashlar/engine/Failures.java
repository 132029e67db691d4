package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreFullException;

/** Gives an exception that another thread met the stack of the thread that has to be told. */
final class Failures {
    private Failures() {}

    static AshlarException copy(AshlarException e) {
        return switch (e) {
            case StoreFullException full ->
                new StoreFullException(full.operation(), full.file(), full.errno(), tail(full), full);
            case StorageException storage ->
                new StorageException(storage.operation(), storage.file(), storage.errno(), tail(storage), storage);
            case StoreFailedException failed ->
                new StoreFailedException(String.valueOf(failed.getMessage()), failed.indeterminate(), failed);
            case StoreClosedException closed -> new StoreClosedException(String.valueOf(closed.getMessage()));
            default -> e;
        };
    }

    private static String tail(StorageException e) {
        String message = String.valueOf(e.getMessage());
        int colon = message.indexOf(": ");
        return colon < 0 ? message : message.substring(colon + 2);
    }
}
