package dev.ashlar.interchange;

/**
 * What a file of vectors says of itself.
 *
 * @param format of the file
 * @param components {@code float32}, {@code float64}, {@code int32}, {@code int8} or {@code uint8}
 * @param width how many components a row has in the file; of bits, eight are one {@code uint8}. 0 if the file has no rows and
 *     so does not say it
 * @param rows how many rows there are; as many as the length has room for, where rows have their dimension before them
 * @param fileBytes length of the file
 */
public record VectorFileInfo(VectorFileFormat format, String components, int width, long rows, long fileBytes) {}
