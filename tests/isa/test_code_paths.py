"""The same bits whichever instruction set of the host runs the loops."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import hashlib, sys
import numpy as np
from harness import dtype, out, psum, run
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

rng = np.random.default_rng(3)
digest = hashlib.sha256()

def add(call, **tiles):
    results = run(call, **tiles)
    for array in results.values() if isinstance(results, dict) else [results]:
        digest.update(np.ascontiguousarray(array).tobytes())

for columns in (1, 5, 37, 130):
    for kind in ("float32", "bfloat16", "float16", "float8_e4m3", "int8", "int32"):
        x, z = (rng.standard_normal((2, 64, columns)) * 9).astype(dtype(kind))
        if kind == "float32":  # NaNs of every kind, infinities, denormals
            x.view(np.uint32)[:, 0] = rng.integers(0, 2**32, 64)
            z.view(np.uint32)[:, 0] = rng.integers(0x7F800000, 0x7FFFFFFF, 64)
        s = rng.standard_normal((64, 1)).astype(np.float32)
        p = rng.integers(0, 2, (64, columns)).astype(np.uint8)
        y, r = out((64, columns), kind), out((64, 1))
        for op in (nl.add, nl.subtract, nl.multiply, nl.divide, nl.maximum, nl.minimum, nl.less,
                   nl.equal, nl.logical_and, nl.logical_xor, nl.power):
            add(lambda t: nisa.tensor_tensor(t.y, t.x, t.z, op), x=x, z=z, y=y)
        for pair in ((nl.multiply, nl.add), (nl.subtract, nl.multiply), (nl.maximum, nl.minimum),
                     (nl.greater, nl.divide)):
            add(lambda t: nisa.tensor_scalar(t.y, t.x, pair[0], t.s, False, pair[1], 0.3),
                x=x, s=s, y=y)
        for op in (nl.add, nl.multiply, nl.maximum, nl.minimum):
            add(lambda t: nisa.tensor_reduce(t.r, op, t.x, 1), x=x, r=r)
            add(lambda t: nisa.tensor_scalar_reduce(t.y, t.x, nl.abs, 0, op, t.r), x=x, y=y, r=r)
        for op in (nl.exp, nl.tanh, nl.gelu, nl.sigmoid, nl.sqrt, nl.silu, nl.square, nl.sign):
            add(lambda t: nisa.activation_reduce(t.y, op, t.x, nl.add, t.r, bias=t.s, scale=0.7),
                x=x, s=s, y=y, r=r)
        add(lambda t: nisa.tensor_tensor_scan(t.y, t.x, t.z, 1.0, nl.multiply, nl.add),
            x=x, z=z, y=y)
        add(lambda t: nisa.reciprocal(t.y, t.x), x=x, y=y)
        add(lambda t: nisa.tensor_copy_predicated(t.y, t.x, t.p), x=x, p=p,
            y=out((64, columns), kind, initial=0))
        if kind.startswith("int"):
            for op in (nl.bitwise_and, nl.bitwise_xor, nl.left_shift, nl.right_shift):
                add(lambda t: nisa.tensor_tensor(t.y, t.x, t.z, op), x=x, z=abs(z), y=y)
        else:
            add(lambda t: nisa.nc_matmul(t.m, t.x, t.z), x=x, z=z,
                m=out((columns, columns), buffer="psum")) if columns < 128 else None
            add(lambda t: nisa.select_reduce(t.y, t.p, t.x, t.s), x=psum(x), p=p, s=s, y=y)
print(digest.hexdigest())
"""


def digest(path):
    environment = os.environ | {
        "TRAINYARD_SIMD": path,
        "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", ["avx2", "scalar"])
def test_equal_bits(path):
    assert digest(path) == digest("avx512")
