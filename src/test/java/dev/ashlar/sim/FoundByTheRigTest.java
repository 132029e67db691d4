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
    @DisplayName("A25: a chunk made for a large frame does not stay open when those made before it cannot be removed")
    void aLargeChunkIsLetGoOf() {
        Replay.run("tick:0:0:0,io_error:0:2089:0,try_put:0:0:0,put:0:0:0,sync:0:0:0,put_if_absent:0:0:1,"
                + "put_log:0:16136:0,reopen:2:76881:34523");
    }

    @Test
    @DisplayName(
            "A25: of what failed while nobody waited for it the next sync tells, also when the disk is well by then")
    void aSyncTellsWhatNobodyWasTold() {
        Replay.run("io_error:0:908:8,drop_rows:0:0:0,io_error:0:0:0,sync:0:0:0,sync:0:0:0");
        Replay.run("io_error:0:0:0,try_put:0:16001:0,io_error:0:0:0,sync:0:0:0,sync:0:0:0,put:0:0:0");
    }

    @Test
    @DisplayName("A25: nor does one that grew while its sync failed in the life before")
    void aManifestThatGrewBeforeTheStoreWasOpened() {
        Replay.run("put:6:8:37077607,delete:5:511:761813075,take:5:8:378601728,crash:5:63:2004532802,"
                + "io_error:5:1000:917274176,reopen:6:1000:1970540907,stream:5:1024:158673976,tick:5:16153:881607115,"
                + "explore:0:60:1795749613192");
    }

    @Test
    @DisplayName("A write that failed after all of it had reached the disk may be in a salvaged store")
    void aRefusedWriteMayBeSalvaged() {
        Replay.run("broken_output:3:8:1700862593,sweep:0:0:1397555077,put_log:2:4095:256827180,"
                + "sync:5:4095:139687968,output:1:9000:1039509391,expire:4:16227:171081970,"
                + "tick:7:1024:1051836228,delete:2:9000:2951495,delete_all:4:37953:422268736,"
                + "io_error:6:64:1650374020,rename:1:1000:272162100,put_log:1:4097:1601008699,"
                + "delete:3:1000:1275085027,put_durable:3:1:491622694,put_if_absent_ttl:2:4096:1868176653,"
                + "delete_durable:3:1024:1211324274,advance:2:4095:1054649954,reopen:4:0:1770164668,"
                + "stream:7:40906:1207842138,put_log:7:512:136905429,io_error:3:1024:487783582,"
                + "expire:2:4096:1588211415,explore:0:60:1795748401361");
    }

    @Test
    @DisplayName(
            "A write that was being taken back when the process was killed may come back until an opening has ended")
    void aWriteHalfTakenBackMayComeBack() {
        Replay.run("io_error:7:1024:1119225875,open_output:3:33475:1638573937,"
                + "delete_durable:2:38666:1398668271,rename:1:0:2073580794,io_error:1:4096:1395789609,"
                + "batch:2:64:747334727,batch:1:65:611422820,tick:6:1000:1401259202,"
                + "put_if_absent_ttl:4:4097:927792333,expire:5:65:1476191970,batch:7:512:154732630,"
                + "put_log:0:513:25364677,batch:0:511:2110072927,put_log:4:1024:23560044,"
                + "move:7:9000:640000266,clear:6:4095:75139996,copy:3:511:1319197990,"
                + "batch_durable:1:4095:206467162,copy:4:4095:712589504,try_put:3:1:378495243,"
                + "batch:1:4097:1297241673,drop:1:4095:1021343022,typed:0:4095:525194352,"
                + "put:0:4097:901820352,put_ttl:6:4097:1869191814,tick:7:512:1122879539,"
                + "retry:4:55373:1346624471,explore:0:60:1795753213210");
    }

    @Test
    @DisplayName("A25: a copy of the manifest that grew while its sync failed does not keep its former length")
    void aManifestThatGrewWhileItsSyncFailed() {
        Replay.run("try_put:0:0:3569,put:3:16092:29205,batch:5:511:94210192,io_error:6:4097:104296,batch_rows:3:8:50,"
                + "batch_durable:7:8:367,delete_rows:7:512:1718,put:0:2019:46241,clear_rows:4:64:27,batch:1:984:14,"
                + "put_async:5:16027:59,explore:5:20:89998");
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

    @Test
    @DisplayName("compaction moved a record of a batch that was not durable yet; power was lost, and a salvage took the"
            + " moved record for a write of its own, without the rest of its batch")
    void onlyWhatIsDurableIsMoved() {
        Rig rig = new Rig(newStore());
        Step.parse("put:0:5000:2,batch:1:900:4,put:0:6000:6,put:0:6000:8").forEach(rig::run);
        int from = rig.life().position();
        Step.parse("compact:0:0:0").forEach(rig::run);
        for (int position = from; position <= rig.life().position(); position++) {
            for (int seed = 0; seed < 60; seed++) {
                CrashPoint point = CrashPoint.powerLoss(position, new RandomFates(seed, position));
                Life next = rig.life().crash(point);
                try {
                    next.open();
                    SalvageOfCrash.compare(next, false, seed);
                } catch (AssertionError e) {
                    throw new AssertionError(point + ": " + e.getMessage(), e);
                } finally {
                    next.abandon();
                }
            }
        }
    }
}
