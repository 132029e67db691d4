package dev.ashlar.engine;

import dev.ashlar.log.View;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The views of a store, by the spaces they own. */
final class Views {
    private final List<View> all;
    private final View first;

    Views(List<View> all) {
        this.all = List.copyOf(all);
        this.first = all.getFirst();
    }

    View of(int space) {
        View view = find(space);
        if (view == null) {
            throw new IllegalStateException("no view owns space " + space);
        }
        return view;
    }

    /** The view that owns a space; null if the space was removed. */
    @Nullable
    View find(int space) {
        if (first.owns(space)) {
            return first;
        }
        for (View view : all) {
            if (view.owns(space)) {
                return view;
            }
        }
        return null;
    }

    /** What users call a space that no view owns any longer. */
    String nameOf(int space) {
        return first.nameOf(space);
    }

    List<View> all() {
        return all;
    }
}
