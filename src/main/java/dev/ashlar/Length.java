package dev.ashlar;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The fixed length of a field of a {@link TypedKeyspace}: elements of an array, or bytes of a string. It stands on the
 * component of a record, or on the accessor of an interface (not on its setter). At least 1.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.METHOD})
public @interface Length {
    int value();
}
