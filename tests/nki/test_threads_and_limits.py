"""Host threads, processes and time: none of them changes a bit, or hangs."""

import inspect
import multiprocessing
import threading
import time

import ml_dtypes
import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard
from trainyard import nki


@nki.jit
def scaled(x, factor=2.0):
    """x * factor"""
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.multiply(nl.load(x), factor))
    return out


@pytest.fixture
def x(rng):
    return rng.standard_normal((64, 32), dtype=np.float32)


@nki.jit
def softmax_matmul(a, b):
    """Many instructions that depend on each other in no order of their own."""
    out = nl.ndarray((512, 128), nl.float32, buffer=nl.shared_hbm)
    right = nl.load(b)
    for i in nl.affine_range(4):
        rows = nl.softmax(nl.load(a[i * 128 : (i + 1) * 128]))
        product = nl.matmul(rows, right)
        nl.store(out[nl.ds(i * 128, 128)], nl.copy(nl.gelu(nl.copy(product))))
    return out


def test_threads_and_eager_mode_change_no_bit(rng):
    a = rng.standard_normal((512, 128)).astype(ml_dtypes.bfloat16)
    b = rng.standard_normal((128, 128)).astype(ml_dtypes.bfloat16)
    results = [
        trainyard.run(softmax_matmul, a, b, threads=threads, debug=debug)
        for threads, debug in ((1, None), (2, None), (7, None), (1, "eager"), (3, "eager"))
    ]
    for result in results:
        assert result.outputs.tobytes() == results[0].outputs.tobytes()
        assert result.time == results[0].time
        assert result.engines == results[0].engines


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_of_several_refusals_the_first_in_the_program_is_raised(threads):
    @nki.jit
    def kernel(x):
        slow, fast = nl.load(x), nl.ndarray((128, 128), nl.float32, buffer=nl.sbuf)
        for _ in range(50):
            nisa.activation(slow, nl.gelu, slow)
        ones = slow[:, 0:128]  # no permutation, which the transposition needs
        nisa.memset(ones, 1.0)
        nisa.memset(fast, 1.0)
        result = nl.ndarray((128, 128), nl.float32, buffer=nl.psum)
        other = nl.ndarray((128, 128), nl.float32, buffer=nl.psum)
        nisa.nc_matmul(result, fast, moving=ones, is_transpose=True)
        nisa.nc_matmul(other, fast, moving=fast, is_transpose=True)

    lines, first = inspect.getsourcelines(kernel.function)
    expected = first + next(i for i, line in enumerate(lines) if "moving=ones" in line)
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernel, np.ones((128, 4096), np.float32), threads=threads)
    assert (caught.value.code, caught.value.line) == ("E111", expected)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_time_limit(threads, x):
    @nki.jit
    def endless(tensor):
        tile = nl.load(tensor)
        while True:
            nisa.tensor_copy(tile, tile)

    @nki.jit
    def long(tensor):
        tile = nl.load(tensor)
        for _ in range(3000):
            nisa.activation(tile, nl.gelu, tile)

    started = time.perf_counter()
    for kernel, arrays in ((endless, x), (long, np.ones((128, 8192), np.float32))):
        with pytest.raises(trainyard.Error) as caught:
            trainyard.run(kernel, arrays, timeout=0.2, threads=threads)
        assert caught.value.code == "E008"
    assert time.perf_counter() - started < 10


def test_threads_may_launch_at_the_same_time(x):
    results = {}

    def work(i):
        for _ in range(5):
            results[i] = scaled(x, float(i))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for i, array in results.items():
        np.testing.assert_array_equal(array, x * np.float32(i))


def _work(seed):
    array = np.random.default_rng(seed).standard_normal((64, 32), dtype=np.float32)
    return bool((trainyard.run(scaled, array, threads=2).outputs == array * 2).all())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes(method, x):
    trainyard.run(softmax_matmul, np.ones((512, 128), np.float32), np.eye(128, dtype=np.float32))
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_work, range(4)) == [True] * 4
