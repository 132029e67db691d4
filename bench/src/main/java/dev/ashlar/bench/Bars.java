package dev.ashlar.bench;

import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler;

/** A bar chart with a logarithmic axis. */
final class Bars {
    /** One store with its values, NaN where there is none. */
    record Group(String label, double[] values) {}

    private Bars() {}

    static void write(Path file, String title, List<String> series, List<Group> groups) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(860)
                .height(420)
                .title(title)
                .build();
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal)
                .setChartBackgroundColor(Color.WHITE);
        List<String> labels = groups.stream().map(Group::label).toList();
        for (int i = 0; i < series.size(); i++) {
            Double[] values = new Double[groups.size()];
            for (int g = 0; g < values.length; g++) {
                double value = groups.get(g).values()[i];
                values[g] = Double.isNaN(value) ? null : value;
            }
            chart.addSeries(series.get(i), labels, Arrays.asList(values));
        }
        try {
            VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
