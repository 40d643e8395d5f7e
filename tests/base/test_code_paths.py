"""AVX-512, AVX2 and scalar code give the same bits: one child process for each."""

import hashlib
import os
import subprocess
import sys

import numpy as np

from trainyard import _core


def digest() -> str:
    """A hash over the results of everything that has several code paths."""
    everything = np.arange(0, 1 << 32, 40_009, dtype=np.uint64).astype(np.uint32).view(np.float32)
    shuffled = np.random.default_rng(1).permutation(everything)
    results = [_core.function_run(name, everything) for name in _core.function_names()]
    results.append(_core.power_run(everything, shuffled))
    for name in _core.dtype_names():
        if name.endswith("_x4"):
            continue
        results += [_core.convert_from_fp32(name, everything, mode, 3, 4) for mode in (False, True)]
        results.append(_core.convert_to_fp32(name, everything.view(np.uint8)))
    for dtype in ("float32", "bfloat16", "float8_e4m3"):
        operand = shuffled[: 100 * 50].view(np.uint8)
        results.append(_core.matmul_pass(dtype, operand, "float16", operand, 50))
    return hashlib.sha256(b"".join(result.tobytes() for result in results)).hexdigest()


def test_code_paths_agree():
    seen = {}
    for wanted in ("avx512", "avx2", "scalar"):
        done = subprocess.run(
            [sys.executable, __file__],
            env=os.environ | {"TRAINYARD_SIMD": wanted, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        path, result = done.stdout.split()
        seen[path] = result
    assert "scalar" in seen
    assert len(set(seen.values())) == 1, seen


if __name__ == "__main__":
    print(_core.code_path(), digest())
