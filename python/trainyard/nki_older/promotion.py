"""Number formats of results, by the older API's rules."""

import ml_dtypes  # noqa: F401  (registers bfloat16 and float8 with NumPy)
import numpy as np

from trainyard.nki import dtypes


def kind_of_scalar(value):
    """The format that a Python or NumPy number counts as: bool uint8, int int32, float float32;
    NumPy's numbers keep their own."""
    if isinstance(value, np.generic):
        if value.dtype.name == "bool":
            return dtypes.by_name["uint8"]
        return dtypes.by_name.get(dtypes.name_of(value.dtype), dtypes.by_name["float32"])
    if isinstance(value, bool):
        return dtypes.by_name["uint8"]
    if isinstance(value, int):
        return dtypes.by_name["int32"]
    return dtypes.by_name["float32"]


def promoted(*kinds):
    """The format of what operands of these formats give together."""
    found = kinds[0]
    for kind in kinds[1:]:
        found = dtypes.promote(found, kind)
    return found
