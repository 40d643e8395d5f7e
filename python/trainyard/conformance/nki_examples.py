"""The kernels of `nki/examples` in the documentation's repository, aws-neuron-sdk."""

import ml_dtypes
import numpy as np

from trainyard.conformance import references
from trainyard.conformance.case import MACHINES, Case

TITLE = "examples of the NKI documentation"
REPOSITORY = "aws-neuron/aws-neuron-sdk, 81ce03ae or newer"
NOTE = (
    "The sizes are the tutorials' own, and for the smallest kernels larger ones. Importing the "
    "simulate quick start runs its own call of nki.simulate and its own assertion too."
)
TYPES = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16}


def normal(*shapes, dtype):
    """Inputs of a kernel: arrays of that type from the standard normal distribution."""
    kind = TYPES[dtype]
    return lambda rng: tuple(rng.standard_normal(s, np.float32).astype(kind) for s in shapes)


def followed_by(inputs, value):
    """The same inputs and one more argument."""
    return lambda rng: (*inputs(rng), value)


def small_cases():
    transpose = ("transpose2d", "transpose2d_nki_kernels.py", "tensor_transpose2D_kernel_")
    pool = ("average_pool2d", "average_pool2d_nki_kernels.py", "tensor_avgpool_kernel")
    cases = [
        Case(
            *transpose,
            lambda rng: (np.arange(60, dtype=np.int8).reshape(5, 12), (3, 4)),
            references.transpose_rows,
            "5 rows of 3x4",
            "int8",
            "exact",
        )
    ]
    for dtype in TYPES:
        add = normal((256, 1024), (256, 1024), dtype=dtype)
        rows = followed_by(normal((128, 24 * 20), dtype=dtype), (24, 20))
        image = followed_by(normal((64, 24, 36), dtype=dtype), 2)
        cases += [
            Case(
                "tensor addition",
                "tensor_addition_nki_kernels.py",
                "nki_tensor_add",
                add,
                references.add,
                "256x1024",
                dtype,
            ),
            Case(
                "simulate quick start",
                "nki_simulate_example.py",
                "add_kernel",
                normal((128, 512), (128, 512), dtype=dtype),
                references.add,
                "128x512",
                dtype,
            ),
            Case(*transpose, rows, references.transpose_rows, "128 rows of 24x20", dtype, "exact"),
            Case(*pool, image, references.average_pool, "64x24x36 by 2", dtype),
        ]
    return cases


# 32 tiles for sums of 4 KiB, 8 of the right and 8 of the left matrix of 4 and 8 KiB.
EARLY_SUMS = (
    "in program order the tiles need 229,376 bytes of each partition (sums 131,072, blocks 32,768 "
    "and 65,536), more than trn1 and trn2 have; there the sums are set when they are needed"
)


def matmul_cases():
    kernels = ("basic", "tiled", "hoist_load", "block_free_dimension", "fully_optimized")
    return [
        Case(
            f"matmul {kernel}",
            "matrix_multiplication_nki_kernels.py",
            f"nki_matmul_{kernel}_",
            normal((k, m), (k, n), dtype=dtype),
            references.matmul,
            f"{m}x{k}x{n}",
            dtype,
            note=EARLY_SUMS if (kernel, dtype) == ("fully_optimized", "float32") else "",
        )
        for kernel in kernels
        for dtype in TYPES
        # The tutorial's own sizes; the basic kernel takes one tile.
        for k, m, n in [(128, 64, 512) if kernel == "basic" else (1024, 4096, 2048)]
    ]


def mamba_inputs(batch, channels, states, steps, dtype, rates):
    """Step sizes and decay rates in the range that trained models have."""

    def inputs(rng):
        delta = rng.uniform(0.001, 0.1, (batch, channels, steps))
        u = rng.standard_normal((batch, channels, steps))
        a = -np.tile(np.arange(1.0, states + 1), (channels, 1))
        b, c = rng.standard_normal((2, batch, states, steps))
        delta, u, b, c = (array.astype(TYPES[dtype]) for array in (delta, u, b, c))
        return delta, u, a.astype(TYPES[rates]), b, c

    return inputs


SCALE_RULE = "the decay rates are the scale of nki.isa.activation, which is float32"
STORED = (
    "the reference rounds to bfloat16 what the kernel keeps in tiles of bfloat16, which alone "
    "moves it by 1.0e-02 of the range"
)


def mamba_cases():
    """The decay rates are the scale of an activation, which the chip takes in float32 only: with
    all inputs in bfloat16 the kernels are refused, with all others they run."""
    size = "256x2048, 16 states"
    variants = [
        ("float32", "float32", size, {}, ""),
        ("bfloat16", "float32", f"{size}, A in float32", {}, STORED),
        ("bfloat16", "bfloat16", size, dict.fromkeys(MACHINES, "E105"), SCALE_RULE),
    ]
    return [
        Case(
            f"mamba v{version}",
            "mamba_nki_kernels.py",
            f"mamba_v{version}",
            mamba_inputs(1, 256, 16, 2048, dtype, rates),
            references.selective_scan,
            size,
            dtype,
            refused=refused,
            note=note,
        )
        for version in (1, 2, 3)
        for dtype, rates, size, refused, note in variants
    ]


def cases():
    return [*small_cases(), *matmul_cases(), *mamba_cases()]
