package dev.ashlar.cli;

import picocli.CommandLine.Option;

/** The option {@code --key-as}. */
final class KeyOption {
    @Option(
            names = "--key-as",
            paramLabel = "FORM",
            description = {
                "How keys are written: text, escaped, base64 or long (default: ${DEFAULT-VALUE}).",
                "escaped is what 'list' prints: \\\\, \\n, \\r, \\t, and \\xNN for any other byte; long is a number that "
                        + "stands for the eight bytes of a long key."
            })
    private KeyForm form = KeyForm.TEXT;

    KeyForm form() {
        return form;
    }
}
