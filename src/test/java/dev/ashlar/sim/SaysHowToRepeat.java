package dev.ashlar.sim;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** For tests that do the same in each run: a failure that does not say how to repeat it names the test. */
final class SaysHowToRepeat implements TestExecutionExceptionHandler {
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) {
        if (String.valueOf(failure.getMessage()).contains(Replay.REPEAT)) {
            throw new AssertionError(failure.getMessage(), failure);
        }
        String test = context.getRequiredTestClass().getSimpleName() + "#"
                + context.getRequiredTestMethod().getName();
        throw new AssertionError(
                Replay.REPEAT + test + "\n" + context.getDisplayName() + "\n" + failure.getMessage(), failure);
    }
}
