"""The attention tutorial of nki-samples, versions 1 to 8a, each of which improves on the last."""

import ml_dtypes
import numpy as np

from trainyard.conformance import references
from trainyard.conformance.case import MACHINES, Case

TITLE = "attention tutorial, versions 1 to 8a"
REPOSITORY = "aws-neuron/nki-samples, a67f029 or newer"
NOTE = (
    "Versions 1 and 2 assert a sequence length of 128, the others one of 512 at least; these are "
    "the lengths and the inputs, uniform in [0, 1), of the tutorial's own driver."
)
# Version -> sequence length.
LENGTHS = {"v1": 128, "v2": 128} | dict.fromkeys(("v3", "v4", "v5", "v6", "v7", "v8", "v8a"), 1024)
# From version 7 on the kernels compute with bfloat16 whatever their inputs are.
BFLOAT16_INSIDE = ("v7", "v8", "v8a")
# Versions 1 and 2 bring float32 and the input's type together: in a matmul the one, in a transpose
# the other. Neither is legal on the chip unless the input is float32.
FLOAT32_ONLY = {
    "v1": ("E106", "nki.isa.nc_matmul: if one of two tiles is float32, so is the other"),
    "v2": ("E106", "nki.isa.nc_transpose: dst has the type of data"),
}
ROUNDS_INSIDE = "computes in bfloat16 whatever its inputs are, hence the tolerance of bfloat16"


def inputs(length, kind):
    return lambda rng: tuple(rng.random((3, 128, length), np.float32).astype(kind))


def case(version, dtype, kind):
    length = LENGTHS[version]
    rounds = version in BFLOAT16_INSIDE
    code, rule = FLOAT32_ONLY.get(version, ("", "")) if dtype == "bfloat16" else ("", "")
    return Case(
        f"attention {version}",
        "attention_kernels.py",
        f"attn_fwd_{version}",
        inputs(length, kind),
        references.attention,
        f"{length}x128",
        dtype,
        precision="bfloat16" if rounds else dtype,
        refused=dict.fromkeys(MACHINES, code) if code else {},
        note=rule or (ROUNDS_INSIDE if rounds and dtype == "float32" else ""),
    )


def cases():
    kinds = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16}
    return [case(version, *kind) for version in LENGTHS for kind in kinds.items()]
