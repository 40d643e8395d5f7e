"""How far a result is from its reference: relative to the range, and per element in units of the
last place (ULP) of the type that the kernel returned."""

import ml_dtypes
import numpy as np


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
    """What a report says of a result."""
    reference = np.asarray(reference, np.float64)
    each = ulps(result, reference)
    return {
        "range_error": range_error(result, reference),
        "max_ulp": float(each.max()),
        "median_ulp": float(np.median(each)),
    }
