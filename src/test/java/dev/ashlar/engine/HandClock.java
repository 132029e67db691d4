package dev.ashlar.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that goes on when it is told to, and back. */
public final class HandClock implements InstantSource {
    private final AtomicLong millis;

    public HandClock(long millis) {
        this.millis = new AtomicLong(millis);
    }

    public void advance(Duration by) {
        millis.addAndGet(by.toMillis());
    }

    public void set(long millis) {
        this.millis.set(millis);
    }

    @Override
    public long millis() {
        return millis.get();
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis.get());
    }
}
