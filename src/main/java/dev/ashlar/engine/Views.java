package dev.ashlar.engine;

import dev.ashlar.log.View;
import java.util.List;

/** The views of a store, by the spaces they own. */
final class Views {
    private final List<View> all;
    private final View first;

    Views(List<View> all) {
        this.all = List.copyOf(all);
        this.first = all.getFirst();
    }

    View of(int space) {
        if (first.owns(space)) {
            return first;
        }
        for (View view : all) {
            if (view.owns(space)) {
                return view;
            }
        }
        throw new IllegalStateException("no view owns space " + space);
    }

    List<View> all() {
        return all;
    }
}
