package dev.ashlar.io;

import dev.ashlar.sim.SimDisk;

/** The simulated storage does what the real ones do, as long as nothing fails or crashes. */
class SimStorageContractTest extends StorageContract {
    private final SimDisk disk = new SimDisk();

    @Override
    Storage openStorage() {
        return disk.storage();
    }
}
