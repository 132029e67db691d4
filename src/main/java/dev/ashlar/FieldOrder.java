package dev.ashlar;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The order in which the fields of an interface lie in a value of a {@link TypedKeyspace}: the names of all of its
 * accessors, also of inherited ones, each once. An interface with more than one field needs it.
 *
 * <p>The methods of an interface have no order that can be relied on. Reflection promises none; class files happen to have
 * the one of the source, but whoever sorts the methods of a source file does not expect to change what is stored. Here
 * the order is said, in one place.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface FieldOrder {
    String[] value();
}
