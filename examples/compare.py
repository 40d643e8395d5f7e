"""How the examples compare with NumPy: by the largest error, relative to the reference's range."""

import numpy as np

TOLERANCES = {"float32": 1e-5, "bfloat16": 1e-2}


def largest_error(result, reference) -> float:
    """The largest difference as a fraction of the reference's largest magnitude; NaN if any is."""
    result, reference = (np.asarray(array, np.float64) for array in (result, reference))
    assert result.shape == reference.shape, f"{result.shape} instead of {reference.shape}"
    return float(np.max(np.abs(result - reference)) / np.max(np.abs(reference)))


def compare(what, result, reference):
    """Prints one line, and stops the script if the kernel is wrong."""
    dtype = result.dtype.name
    error, most = largest_error(result, reference), TOLERANCES[dtype]
    print(f"{what:36} {dtype:9} largest error {error:.1e} of the range (at most {most:.0e})")
    if not error <= most:
        raise SystemExit(f"{what}: the kernel and NumPy differ")
