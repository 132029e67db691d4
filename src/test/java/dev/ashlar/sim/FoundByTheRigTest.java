package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the rig has found wrong with the engine, each in the smallest history that shows it. */
@ExtendWith(SaysHowToRepeat.class)
class FoundByTheRigTest {
    private static Life newStore() {
        Life life = Life.first(new CrashStatistics());
        life.open();
        return life;
    }

    @Test
    @DisplayName("A chunk that was being made when the process was killed is not taken into the log: its name is not"
            + " durable, and after a loss of power it would be reported as missing")
    void aChunkThatWasBeingMadeIsLeftOut() {
        Life life = newStore();
        for (int first = 0; first <= life.position(); first++) {
            Life next = life.crash(CrashPoint.kill(first));
            next.open();
            for (int second = 0; second <= next.position(); second++) {
                next.crash(CrashPoint.powerLoss(second, Damage.NOTHING_UNSYNCED_IS_KEPT))
                        .open();
            }
        }
    }

    @Test
    @DisplayName("A store that fails while it takes a group back closes the chunk that the group was about to go on in")
    void aChunkThatWasNotBegunIsClosed() {
        Replay.run("put_durable:0:16284:1602925084,tick:6:64:1462655101,put:5:511:442821058,put:0:511:783770174,"
                + "replace:7:0:1005070881,io_error:5:15870:1331285018,put:4:513:944995229,crash:0:63:620305935,"
                + "io_error:5:0:2033260956,try_put:4:4096:1341720521,io_error:6:4097:878077187,delete:5:1:654569749,"
                + "io_error:0:511:1346424228,put_durable:7:33349:1990455704,batch:1:42741:417059864,"
                + "retry:1:513:1223940802,io_error:5:8:1139349172,reopen:5:33316:831163346");
    }

    @Test
    @DisplayName("The files of a batch that is in doubt stay: its frames may count when the store is opened again")
    void theFilesOfABatchInDoubtStay() {
        Life life = newStore();
        Keyspace space = life.space(0);
        try (WriteBatch batch = life.store().batch()) {
            batch.put(space, "large", new byte[100_000]);
            life.disk().faults().fail(EnumSet.of(Call.SYNC), Failure.EIO, 1, 1);
            StoreFailedException e = assertThrows(StoreFailedException.class, () -> batch.commit(Durability.DURABLE));
            assertTrue(e.indeterminate());
        }
        assertEquals(1, life.disk().storage().list("values").size());
    }

    @Test
    @DisplayName("A9: a write that failed, and was reported so, does not come back with a loss of power that takes what"
            + " wiped it")
    void aFailedWriteDoesNotComeBackWithoutPower() {
        Life life = newStore();
        Keyspace space = life.space(0);
        // Of the failing writes, all reaches the file, half, and none.
        for (int part = 0; part < 3; part++) {
            String key = Life.key(part);
            Map<String, byte[]> effects = Map.of("k/" + key, new byte[100]);
            Model.Submission failing = life.model().submit(effects, life.position());
            life.disk().faults().fail(EnumSet.of(Call.WRITE), Failure.ENOSPC, 1, 1);
            assertThrows(StoreFullException.class, () -> space.put(key, new byte[100]));
            life.model().failed(failing, life.position());
        }
        for (int position = life.openedAt(); position <= life.position(); position++) {
            EnumeratedFates fates = new EnumeratedFates();
            do {
                life.crash(CrashPoint.powerLoss(position, fates)).open();
            } while (fates.next());
        }
    }

    @Test
    @DisplayName("A25: a store that has failed lets go of the chunk in reserve when it is closed")
    void aFailedStoreHoldsNoFilesOnceClosed() {
        Life life = newStore();
        Keyspace space = life.space(0);
        TestEngines.tick(life.store());
        life.disk().faults().fail(EnumSet.of(Call.SYNC), Failure.EIO, 1, 1);
        space.put("key", new byte[10]);
        assertThrows(StoreFailedException.class, () -> life.store().sync());
        life.store().close();
        assertEquals("0 files, 0 mappings, 0 locks", life.disk().held());
    }

    @Test
    @DisplayName("A25: a sync of several chunks that fails at the first lets go of the others")
    void aFailedSyncHoldsNoFiles() {
        Life life = newStore();
        Keyspace space = life.space(0);
        for (int i = 0; i < 5; i++) {
            space.put("key", new byte[400_000]);
        }
        life.disk().faults().fail(EnumSet.of(Call.SYNC), Failure.EIO, 1, 1);
        assertThrows(StoreFailedException.class, () -> life.store().sync());
        life.store().close();
        assertEquals("0 files, 0 mappings, 0 locks", life.disk().held());
    }

    @Test
    @DisplayName("A short record that ends where its chunk ends is found, overwritten and deleted like any other")
    void recordsAtTheEndOfAChunk() {
        Life life = newStore();
        Keyspace space = life.space(1);
        // Frames of 64 bytes, the least there is: each chunk is full to the last byte.
        for (long key = 0; key < 2_000; key++) {
            space.put(key, new byte[16]);
        }
        for (long key = 0; key < 2_000; key++) {
            assertTrue(space.contains(key), "key " + key);
            assertTrue(space.get(key) != null && space.cursor().find(key), "key " + key);
            space.put(key, new byte[8]);
        }
        assertEquals(2_000, space.size());
        for (long key = 0; key < 2_000; key++) {
            assertTrue(space.delete(key) != Keyspace.NOT_WRITTEN, "key " + key);
        }
        assertEquals(0, space.size());
    }

    @Test
    @DisplayName(
            "A14: the log ends with the last byte of a chunk, a checkpoint begins there: the chunk's end was not known"
                    + " after the next crash, and a scan passed over it")
    void aCheckpointThatBeginsWhereAChunkIsFull() {
        Rig rig = new Rig(newStore());
        Step.parse("crash_now:0:0:0,put:0:65:0,put:0:16001:1,checkpoint:0:0:0,crash:0:1:1")
                .forEach(rig::run);
    }

    @Test
    @DisplayName("A9: after a batch that failed while it went on in another chunk, the end of the log is in that chunk:"
            + " a close that took the former end for it made a manifest that could not be read")
    void afterABatchThatFailedTheEndOfTheLogIsKnown() {
        Life life = newStore();
        life.space(0);
        life.space(1);
        Rig rig = new Rig(life);
        Step.parse(
                        "tick:0:0:0,put:0:511:0,io_error:7:513:1460784701,batch:1:9000:845354169,reopen:0:0:0,crash_now:0:0:1")
                .forEach(rig::run);
        assertEquals(life.store().appendedLsn(), life.store().durableLsn());
    }

    @Test
    @DisplayName(
            "A14, A22: killed between the two copies of a manifest, the newer one is whole but not durable; opening"
                    + " overwrote the other, the only one that was, and a loss of power then left none")
    void aManifestThatIsReadIsMadeDurableBeforeTheOtherIsTouched() {
        CrashesInRecovery.run(new CrashStatistics());
    }

    @Test
    @DisplayName(
            "A14: the file of a large value that was written during a checkpoint, and overwritten after a crash, is"
                    + " there until what overwrote it is durable")
    void aLargeValueOfTheTimeOfACheckpointOutlivesWhatOverwritesIt() {
        Rig rig = new Rig(newStore());
        Life life = rig.life();
        // The image shows the second value; replay meets the first one before it, and the second one again.
        life.disk()
                .faults()
                .beforeCreating(
                        CheckpointFile.DIRECTORY,
                        () -> Step.parse("put:0:40000:2,put:0:50000:4").forEach(rig::run));
        life.store().checkpoint();
        Life next = life.crash(CrashPoint.kill(life.position()));
        next.open();
        Rig after = new Rig(next);
        Step.parse("put:0:100:6,tick:0:0:0").forEach(after::run);
        Life last = next.crash(CrashPoint.powerLoss(next.position(), Damage.LENGTHS_ARE_KEPT_BUT_DATA_IS_LOST));
        last.open();
        last.check();
    }

    @Test
    @DisplayName("A9: an opening that fails when it begins a chunk lets go of the chunk's file")
    void anOpeningThatFailsHoldsNoFiles() {
        Life life = newStore();
        boolean failed = true;
        for (int n = 1; failed; n++) {
            SimDisk disk = life.crash(CrashPoint.kill(life.position())).disk();
            disk.faults().fail(EnumSet.of(Call.WRITE), Failure.EIO, n, n);
            try {
                TestEngines.small(
                        Path.of("simulated"), disk.storage(), Life.OPTIONS, false, Life.CHUNK, Life.MOST_INLINE);
                failed = false;
            } catch (StorageException e) {
                assertEquals("0 files, 0 mappings, 0 locks", disk.held(), "write " + n);
            }
        }
    }

    @Test
    @DisplayName(
            "A14: the file of a large value does not stay for ever when the chunk of its record was retired since the"
                    + " checkpoint that lists it")
    void aValueFileGoesWithTheChunkOfItsRecord() {
        Rig rig = new Rig(newStore());
        // The first chunk holds the record of the file, and is empty once that is overwritten.
        Step.parse("put_durable:0:40000:2,put:1:9000:4,put:2:9000:6,checkpoint:0:0:0,put:0:100:8,put:1:100:10,"
                        + "compact:0:0:0")
                .forEach(rig::run);
        for (int position = 0; position <= rig.life().position(); position++) {
            Replay.checkCrash(rig, CrashPoint.kill(position));
            Replay.checkCrash(rig, CrashPoint.powerLoss(position, Damage.NOTHING_UNSYNCED_IS_KEPT));
        }
    }
}
