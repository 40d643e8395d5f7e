"""Whole kernels, with values, time and checks together, against the same mathematics in NumPy:

    make bench                                   # this and the other benchmarks
    .venv/bin/python bench/kernels.py [NAME ...] # matmul attention checks sanitizer memory

A preset OPENBLAS_CORETYPE slows the yardstick down; `make bench` unsets it.

Both sides run in turn; a ratio is the median of five rounds of CPU seconds of the whole process.
"""

import gc
import statistics
import sys
import time
from pathlib import Path

import ml_dtypes
import numpy as np
from threadpoolctl import threadpool_limits

import trainyard

trainyard.activate()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

import attention  # examples/attention.py
import matmul  # examples/matmul.py

ROUNDS = 5
RNG = np.random.default_rng(0)


def seconds(work):
    """CPU seconds of one call, of all threads."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def median_ratio(work, yardstick):
    """The median over ROUNDS of time(work) / time(yardstick), after one call of each."""
    work(), yardstick()
    return statistics.median(seconds(work) / seconds(yardstick) for _ in range(ROUNDS))


def show(what, found, bar, missed):
    print(f"{what}: {found} (bar {bar}){' MISSED' if missed else ''}", flush=True)


def normal(shape, dtype=np.float32):
    return RNG.standard_normal(shape, np.float32).astype(dtype)


def bench_matmul(size=4096):
    """The fully blocked kernel in bf16 against the host's BLAS in fp32."""
    a_t, b = normal((size, size), ml_dtypes.bfloat16), normal((size, size), ml_dtypes.bfloat16)
    a32, b32 = np.ascontiguousarray(a_t.T.astype(np.float32)), b.astype(np.float32)
    for threads in (1, 2):
        with threadpool_limits(threads):
            ratio = median_ratio(
                lambda threads=threads: trainyard.run(
                    matmul.fully_blocked, a_t, b, threads=threads
                ),
                lambda: a32 @ b32,
            )
        what = f"matmul {size}x{size}x{size} bf16, {threads} thread{'s'[: threads - 1]}"
        show(what, f"{1 / ratio:.2f} of BLAS in fp32", 0.6, 1 / ratio < 0.6)


def softmax_attention(q_t, k_t, v):
    """What examples/attention.py computes, as one writes it in NumPy."""
    scores = q_t.T @ k_t * np.float32(1 / q_t.shape[0] ** 0.5)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def bench_attention(length=4096, width=128):
    """One head in fp32 and in bf16 against NumPy in fp32."""
    arrays = [normal(s) for s in ((width, length), (width, length), (length, width))]
    for dtype in (np.float32, ml_dtypes.bfloat16):
        ours = [array.astype(dtype) for array in arrays]
        with threadpool_limits(1):
            ratio = median_ratio(
                lambda ours=ours: trainyard.run(attention.attention, *ours, threads=1),
                lambda: softmax_attention(*arrays),
            )
        what = f"attention S={length} d={width} {np.dtype(dtype).name}, 1 thread"
        show(what, f"{ratio:.2f}x the time of NumPy in fp32", 2, ratio > 2)


def bench_checks(length=2048, width=128):
    """All checks on against all off, on data that is all defined."""
    arrays = [normal(s) for s in ((width, length), (width, length), (length, width))]
    ratio = median_ratio(
        lambda: trainyard.run(attention.attention, *arrays, threads=1),
        lambda: trainyard.run(attention.attention, *arrays, threads=1, checks=False),
    )
    show("checks, attention", f"{ratio - 1:+.1%} of the time without", "5 %", ratio > 1.05)
    a_t, b = normal((2048, 2048), ml_dtypes.bfloat16), normal((2048, 2048), ml_dtypes.bfloat16)
    ratio = median_ratio(
        lambda: trainyard.run(matmul.fully_blocked, a_t, b, threads=1),
        lambda: trainyard.run(matmul.fully_blocked, a_t, b, threads=1, checks=False),
    )
    show("checks, matmul", f"{ratio - 1:+.1%} of the time without", "5 %", ratio > 1.05)


def bench_sanitizer(length=2048, width=128, size=2048):
    """--sanitize on against off."""
    arrays = [normal(s) for s in ((width, length), (width, length), (length, width))]
    narrow = [array.astype(ml_dtypes.bfloat16) for array in arrays]
    square = [normal((size, size), ml_dtypes.bfloat16) for _ in range(2)]
    for what, kernel, inputs in (
        ("attention float32", attention.attention, arrays),
        ("attention bfloat16", attention.attention, narrow),
        ("matmul", matmul.fully_blocked, square),
    ):
        ratio = median_ratio(
            lambda kernel=kernel, inputs=inputs: trainyard.run(
                kernel, *inputs, threads=1, sanitize=True
            ),
            lambda kernel=kernel, inputs=inputs: trainyard.run(kernel, *inputs, threads=1),
        )
        show(f"sanitiser, {what}", f"{ratio:.2f}x the time without", 2, ratio > 2)


def resident(what):
    """A line of the process's status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise OSError(f"no {what} in /proc/self/status")


def bench_memory(size=4096):
    """The growth of the resident set while a kernel runs, against what is allowed for it."""
    a_t, b = normal((size, size), ml_dtypes.bfloat16), normal((size, size), ml_dtypes.bfloat16)
    trainyard.run(matmul.fully_blocked, a_t[:128, :128], b[:128, :512])  # what is loaded once
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = resident("VmRSS")
    done = trainyard.run(matmul.fully_blocked, a_t, b)
    growth = resident("VmHWM") - before
    tensors = a_t.nbytes + b.nbytes + done.outputs.nbytes
    allowed = 1.5 * tensors + 64 * 2**20 + 100 * done.instructions
    found = f"{growth / 2**20:.0f} MiB for {tensors / 2**20:.0f} MiB of tensors"
    found += f" and {done.instructions:,} instructions"
    show(f"memory, matmul {size}", found, f"{allowed / 2**20:.0f} MiB", growth > allowed)


def main():
    benches = {
        "matmul": bench_matmul,
        "attention": bench_attention,
        "checks": bench_checks,
        "sanitizer": bench_sanitizer,
        "memory": bench_memory,
    }
    for name in sys.argv[1:] or benches:
        benches[name]()


if __name__ == "__main__":
    main()
