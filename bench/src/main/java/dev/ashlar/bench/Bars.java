package dev.ashlar.bench;

import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler;

/** A bar chart with a logarithmic axis. */
final class Bars {
    /** One store with its values, NaN where there is none. */
    record Group(String label, double[] values) {}

    private Bars() {}

    private static double powerBelow(List<Group> groups) {
        double least = groups.stream()
                .flatMapToDouble(group -> Arrays.stream(group.values()))
                .filter(value -> value > 0)
                .min()
                .orElse(1);
        return Math.pow(10, Math.floor(Math.log10(least)));
    }

    static void write(Path file, String title, List<String> series, List<Group> groups) {
        CategoryChart chart =
                new CategoryChartBuilder().width(860).height(420).title(title).build();
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal)
                .setChartBackgroundColor(Color.WHITE);
        List<String> labels = groups.stream().map(Group::label).toList();
        chart.getStyler().setYAxisMin(powerBelow(groups)); // bars of a logarithmic axis would start at zero
        for (int i = 0; i < series.size(); i++) {
            Double[] values = new Double[groups.size()];
            for (int g = 0; g < values.length; g++) {
                double value = groups.get(g).values()[i];
                values[g] = Double.isNaN(value) ? null : value;
            }
            chart.addSeries(series.get(i), labels, Arrays.asList(values));
        }
        try {
            BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
