package dev.ashlar.cli;

import dev.ashlar.Metric;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a vector collection is created with, and how these are shown. */
final class VectorSettings {
    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "What the components are: float32, int8 or bit (default: float32).")
    private @Nullable String type;

    @Option(
            names = "--metric",
            paramLabel = "METRIC",
            description =
                    "What a search ranks by: cosine, dot-product or squared-euclidean, of bits hamming or jaccard "
                            + "(default: cosine, of bits hamming).")
    private @Nullable String metric;

    @Option(
            names = "--non-finite",
            paramLabel = "POLICY",
            description = "What becomes of NaN and infinities: reject or allow (default: reject).")
    private @Nullable String nonFinite;

    /** What the components are to be; float32 if it was not said. */
    VectorType type() {
        return type == null ? VectorType.FLOAT32 : parse("--type", type, VectorType.values());
    }

    boolean hasType() {
        return type != null;
    }

    VectorOptions options(int dimension) {
        try {
            VectorOptions options = VectorOptions.of(dimension).type(type());
            if (metric != null) {
                options = options.metric(parse("--metric", metric, Metric.values()));
            }
            if (nonFinite != null) {
                options = options.nonFinite(parse("--non-finite", nonFinite, NonFinite.values()));
            }
            return options;
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }

    /** Those of a collection that is there, with what was said in their place. */
    VectorOptions over(VectorOptions present) {
        try {
            VectorOptions options = type == null ? present : present.type(type());
            options = metric == null ? options : options.metric(parse("--metric", metric, Metric.values()));
            return nonFinite == null
                    ? options
                    : options.nonFinite(parse("--non-finite", nonFinite, NonFinite.values()));
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }

    /** A constant of the API as it is written here: in lower case, with hyphens. */
    static String show(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static <E extends Enum<E>> E parse(String option, String text, E[] constants) {
        for (E constant : constants) {
            if (show(constant).equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw Failure.usage(option + " is '" + Escapes.show(text) + "'; there are "
                + Arrays.stream(constants).map(VectorSettings::show).collect(Collectors.joining(", ")));
    }

    static Map<String, Object> describe(String collection, VectorOptions options) {
        return Json.object(
                "collection",
                collection,
                "dimension",
                options.dimension(),
                "type",
                show(options.type()),
                "metric",
                show(options.metric()),
                "nonFinite",
                show(options.nonFinite()));
    }
}
