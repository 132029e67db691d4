package dev.ashlar.sim;

import java.util.List;

/**
 * Histories that chance would need long to find: those that failed once, and those without which some {@link Mutant}
 * lived. They end with crashes that are explored.
 */
final class Histories {
    /** The older one in a chunk that is not worth compacting, the newer one, expired, in a chunk that is. */
    static final String EXPIRED_ABOVE_PLAIN =
            "put:0:3000:0,put:1:12500:0,put_ttl:0:900:2,put:7:9000:0,put:7:9000:2," + "put:7:9000:4,advance:0:50:0,";

    static final List<String> ALL = List.of(
            // A chunk is emptied and retired, and replay starts behind it already.
            "put:0:9000:0,put:1:9000:0,put:2:9000:0,checkpoint:0:0:0,put:0:9000:2,compact:0:0:0,explore:0:40:1",
            // A deletion in a chunk that is compacted, and what it deleted in one that is not.
            "put:0:12000:0,put:1:2000:0,put:2:12000:0,delete:1:0:0,put:2:12000:2,put:2:12000:4,compact:0:0:0,"
                    + "explore:0:60:2",
            // Writes that fail although none, half or all of them reached the file.
            "put:0:100:0,io_error:0:0:5,put:1:100:0,io_error:0:0:5,put:1:300:0,io_error:0:0:5,put:1:1300:0,"
                    + "explore:0:60:3",
            "put_durable:0:100:0,tick:0:0:0,io_error:0:0:5,put:1:100:0,explore:0:40:4",
            "put_durable:0:100:0,sync:0:0:0,tick:0:0:0,put:2:10:0,io_error:0:0:5,put:1:100:0,explore:0:40:5",
            // Equal frames, of which any may be missing.
            "put:0:100:0,put:1:100:0,put:2:100:0,put:3:100:0,put:4:100:0,explore:0:160:6",
            // Frames inside a value.
            "put:0:20:0,put:1:20:0,put:2:20:0,put:3:20:0,put:4:20:0,put_durable:5:20:0,put:6:20:0,put_log:7:1500:0,"
                    + "explore:0:40:7",
            // A sync that fails, and what is written afterwards.
            "put:0:100:0,put:1:2000:0,io_error:0:0:8,sync:0:0:0,put_durable:2:100:0,explore:0:60:10",
            // Values in files: streamed, overwritten while that is not durable, in a batch, moved and deleted.
            "put:0:100:0,stream:1:70000:0,put_durable:1:40000:2,stream:1:33000:4,explore:0:60:11",
            "stream:0:40000:0,sync:0:0:0,tick:0:0:0,batch:0:33000:5,delete:0:0:0,tick:0:0:0,put:2:9000:0,put:2:9000:1,"
                    + "compact:0:0:0,stream:3:50000:0,explore:0:60:12",
            // Streams that are written: stored, broken off, still open when the store is closed, and when it crashes.
            "put:0:100:0,output:1:70000:2,broken_output:1:70000:3,open_output:2:70000:0,output:1:33000:0,reopen:0:0:0,"
                    + "open_output:3:70000:1,put_callback:4:100:2,put_callback:1:40000:0,explore:0:60:13",
            // A clear in a chunk that is compacted, and what it removed in one that is not; later values stay.
            "put:0:2000:0,put:7:12000:1,put:3:9000:1,clear:0:0:0,put:1:600:2,put:3:9000:3,put:2:500:2,compact:0:0:0,"
                    + "explore:0:40:13,crash_now:0:0:0,explore:0:60:13",
            // The same, of a keyspace that is dropped.
            "put:0:2000:0,put:7:12000:1,put:3:9000:1,drop:0:0:0,put:1:600:2,put:3:9000:3,put:2:500:2,compact:0:0:0,"
                    + "explore:0:40:14,crash_now:0:0:0,explore:0:60:14",
            // The first ever clear, and the first ever drop: the manifest has to say so before.
            "put:0:300:0,put:1:300:1,clear:0:0:0,put:2:300:0,explore:0:60:15",
            "put_durable:0:300:0,drop:0:0:0,put:1:300:0,explore:0:60:16",
            // Conditions, and values that move.
            "put:0:300:0,put:1:300:1,batch_require:0:700:0,batch_require:0:700:2,batch_require:1:700:5,rename:0:0:0,"
                    + "move:1:0:1,copy:3:0:0,take:4:0:1,delete_all:0:0:2,explore:0:60:17",
            "stream:0:40000:0,rename:0:0:0,move:3:0:0,clear:0:0:1,batch_require:0:33000:4,batch_require:0:33000:6,"
                    + "tick:0:0:0,explore:0:60:18",
            // A35: what has expired stands above what has not, and its chunk is compacted; or it is swept before.
            EXPIRED_ABOVE_PLAIN + "compact:0:0:0,explore:0:60:13",
            EXPIRED_ABOVE_PLAIN + "sweep:0:0:0,put:7:9000:6,compact:0:0:0,explore:0:60:14",
            // A newer value without a time to live, of which the process does not know any more that it is newer.
            "put_ttl:0:900:2,put:1:9000:0,put:0:300:4,reopen:0:0:0,advance:0:50:0,sweep:0:0:0,explore:0:20:15",
            // A removal that is lost, when the manifest says already when the next of the chunk expires.
            "put_ttl:0:900:2,checkpoint:0:0:0,advance:0:50:0,sweep:0:0:0,put:1:9000:0,put:2:9000:0,tick:0:0:0,"
                    + "explore:0:60:16",
            // A layout that is the first property ever, that is moved, that goes with its keyspace and comes with the
            // next.
            "put_durable:1:300:0,typed:0:0:0,put:2:300:0,explore:0:60:17",
            "typed:0:0:0,put:1:9000:0,typed:2:0:2,put:3:9000:2,put:1:9000:2,put:3:9000:4,checkpoint:0:0:0,compact:0:0:0,"
                    + "explore:0:40:18,crash_now:0:0:0,typed:0:0:4,explore:0:40:19",
            "typed:0:0:0,typed:1:0:0,put:7:12000:1,drop:0:0:0,typed:2:0:2,put:7:12000:3,compact:0:0:0,clear:0:0:0,"
                    + "explore:0:60:20",
            // Batches over several sectors, and over several chunks.
            "batch:0:1500:0,batch:1:1500:2,explore:0:40:8",
            "put:0:9000:0,batch:0:6000:0,batch:1:6000:3,explore:0:40:9");

    private Histories() {}
}
