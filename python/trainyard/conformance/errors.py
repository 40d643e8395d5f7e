"""How far a result is from its reference: relative to the range, and per element in units of the
last place (ULP) of the type that the kernel returned."""

import ml_dtypes
import numpy as np

PIECE = 1 << 20  # elements


def range_error(result, reference) -> float:
    """The largest difference as a fraction of the reference's largest magnitude; NaN if any is."""
    reference = np.asarray(reference, np.float64)
    difference = np.abs(np.asarray(result, np.float64) - reference)
    return float(difference.max() / (np.abs(reference).max() or 1.0))


def ulps(result, reference) -> np.ndarray:
    """The difference of each element in ULP of the result's type at the reference's value."""
    difference = np.abs(np.asarray(result, np.float64) - reference)
    if result.dtype.kind in "iub":
        return difference
    kind = ml_dtypes.finfo(result.dtype)
    magnitude = np.maximum(np.abs(reference), float(kind.smallest_normal))
    return difference / np.exp2(np.floor(np.log2(magnitude)) - kind.nmant)


def figures(result, reference) -> dict[str, float]:
    """What a report says of a result. It is read in pieces, since in float64 a large one would not
    fit beside what the case itself holds; the median is that of errors in float32."""
    largest = span = 0.0
    errors = []
    for ours, golden in pieces(result, reference):
        largest = np.maximum(largest, np.abs(np.asarray(ours, np.float64) - golden).max())
        span = np.maximum(span, np.abs(golden).max())
        errors.append(ulps(ours, golden).astype(np.float32))
    each = np.concatenate(errors)
    return {
        "range_error": float(largest / (span or 1.0)),
        "max_ulp": float(each.max()),
        "median_ulp": float(np.median(each, overwrite_input=True)),
    }


def pieces(result, reference):
    """Both as flat pieces of equal length, the reference in float64."""
    result, reference = np.asarray(result).reshape(-1), np.asarray(reference).reshape(-1)
    for start in range(0, result.size, PIECE):
        some = slice(start, start + PIECE)
        yield result[some], reference[some].astype(np.float64)
