"""The attention tutorial of nki-samples, versions 1 to 8a, each of which improves on the last."""

import ml_dtypes
import numpy as np

from trainyard.conformance import references
from trainyard.conformance.case import MACHINES, Case

TITLE = "attention tutorial, versions 1 to 8a"
# Version -> sequence length. The first two are written for a single tile.
LENGTHS = {"v1": 128, "v2": 128} | dict.fromkeys(("v3", "v4", "v5", "v6", "v7", "v8", "v8a"), 1024)
# From version 7 on the kernels compute with bfloat16 whatever their inputs are.
BFLOAT16_INSIDE = ("v7", "v8", "v8a")
# Versions 1 and 2 bring float32 and the input's type together: in a matmul the one, in a transpose
# the other. Neither is legal on the chip unless the input is float32.
FLOAT32_ONLY = {"v1": "E106", "v2": "E106"}


def inputs(length, kind):
    return lambda rng: tuple(rng.random((3, 128, length), np.float32).astype(kind))


def cases():
    return [
        Case(
            f"attention {version}",
            "attention_kernels.py",
            f"attn_fwd_{version}",
            inputs(length, kind),
            references.attention,
            f"{length}x128",
            dtype,
            "bfloat16" if version in BFLOAT16_INSIDE else dtype,
            dict.fromkeys(MACHINES, FLOAT32_ONLY[version])
            if dtype == "bfloat16" and version in FLOAT32_ONLY
            else {},
        )
        for version, length in LENGTHS.items()
        for dtype, kind in (("float32", np.float32), ("bfloat16", ml_dtypes.bfloat16))
    ]
