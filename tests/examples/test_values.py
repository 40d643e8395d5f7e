"""Each example against NumPy on every machine, with tiles that are full and tiles that are not."""

import average_pool
import layernorm
import matmul
import numpy as np
import pytest
import ragged
import scan
import softmax
from attention import attention
from attention import reference as attention_reference
from compare import TOLERANCES, largest_error
from embedding import lookup, put
from tensor_add import tensor_add
from transpose import transpose, transpose_by_dma

import trainyard


def check(kernel, arguments, reference, machine, **keywords):
    """Runs the kernel and compares; its output."""
    result = trainyard.run(kernel, *arguments, machine=machine, **keywords).outputs
    assert largest_error(result, reference) <= TOLERANCES[result.dtype.name]
    return result


def normal(rng, dtype, *shapes):
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("shape", [(128, 2048), (1, 1), (129, 2049)])
def test_tensor_add(rng, machine, dtype, shape):
    a, b = normal(rng, dtype, shape, shape)
    check(tensor_add, (a, b), a.astype(np.float64) + b.astype(np.float64), machine)


@pytest.mark.parametrize("kernel", [transpose, transpose_by_dma])
@pytest.mark.parametrize("shape", [(128, 256), (130, 70)])
def test_transpose(rng, machine, dtype, kernel, shape):
    (a,) = normal(rng, dtype, shape)
    assert (check(kernel, (a,), a.T, machine) == a.T).all()


@pytest.mark.parametrize(("shape", "window"), [((128, 8, 8), 2), ((130, 7, 11), 3)])
def test_average_pool(rng, machine, dtype, shape, window):
    (image,) = normal(rng, dtype, shape)
    expected = average_pool.reference(image, window)
    check(average_pool.average_pool, (image, window), expected, machine)


MATMULS = [matmul.tiled, matmul.hoisted, matmul.blocked, matmul.fully_blocked]
SIZES = [(128, 128, 512), (256, 128, 512), (130, 70, 515)]  # K, M, N


@pytest.mark.parametrize(
    ("kernel", "size"),
    [(matmul.naive, (128, 128, 512)), (matmul.naive, (100, 30, 200))]
    + [(kernel, size) for kernel in MATMULS for size in SIZES],
)
def test_matmul(rng, machine, dtype, kernel, size):
    k, m, n = size
    a_t, b = normal(rng, dtype, (k, m), (k, n))
    check(kernel, (a_t, b), a_t.T.astype(np.float64) @ b.astype(np.float64), machine)


@pytest.mark.parametrize("blocks", [(128, 512, 128), (256, 1024, 256)])
def test_matmul_in_blocks_of_every_size(rng, machine, dtype, blocks):
    a_t, b = normal(rng, dtype, (520, 300), (520, 1100))
    expected = a_t.T.astype(np.float64) @ b.astype(np.float64)
    check(matmul.fully_blocked, (a_t, b, *blocks), expected, machine)


@pytest.mark.parametrize("shape", [(128, 512), (130, 300)])
def test_softmax(rng, machine, dtype, shape):
    (x,) = normal(rng, dtype, shape)
    check(softmax.softmax, (x,), softmax.reference(x), machine)


@pytest.mark.parametrize("shape", [(128, 512), (129, 513), (127, 511), (1, 1), (257, 3)])
def test_sums_of_ragged_tiles(rng, machine, dtype, shape):
    (x,) = normal(rng, dtype, shape)
    found = trainyard.run(ragged.row_and_column_sums, x, machine=machine).outputs
    for sums, expected in zip(found, ragged.reference(x), strict=True):
        assert largest_error(sums, expected) <= TOLERANCES["float32"]


@pytest.mark.parametrize(("rows", "columns"), [(128, 512), (7, 513), (130, 300)])
def test_layernorm(rng, machine, dtype, rows, columns):
    arrays = normal(rng, dtype, (rows, columns), columns, columns)
    check(layernorm.layernorm, arrays, layernorm.reference(*arrays), machine)


@pytest.mark.parametrize("sizes", [(128, 2, 512), (130, 2, 520)])
def test_selective_scan(rng, machine, dtype, sizes):
    arrays = scan.inputs(rng, *sizes, dtype)
    check(scan.selective_scan, arrays, scan.reference(*arrays), machine)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("queries", "keys", "d"), [(128, 512, 128), (129, 650, 64), (300, 300, 100), (2, 1, 3)]
)
def test_attention(rng, machine, dtype, queries, keys, d, causal):
    arrays = normal(rng, dtype, (d, queries), (d, keys), (keys, d))
    expected = attention_reference(*arrays, causal)
    check(attention, (*arrays, causal), expected, machine)


def test_attention_of_large_scores(rng, machine):
    """exp of these would overflow without the running maximum. Integers keep the scores exact."""
    q_t, k_t = (rng.integers(-20, 21, (64, n)).astype(np.float32) for n in (130, 700))
    (v,) = normal(rng, np.float32, (700, 48))
    check(attention, (q_t, k_t, v), attention_reference(q_t, k_t, v), machine)


@pytest.mark.parametrize(("rows", "width", "count"), [(300, 32, 128), (1000, 50, 130)])
def test_embedding(rng, machine, dtype, rows, width, count):
    (table,) = normal(rng, dtype, (rows, width))
    tokens = rng.integers(0, rows, (count, 1)).astype(np.int32)
    found = check(lookup, (table, tokens), table[tokens[:, 0]], machine)
    assert (found == table[tokens[:, 0]]).all()

    places = rng.permutation(rows)[:count, None].astype(np.int32)
    expected = np.zeros_like(table)
    expected[places[:, 0]] = table[:count]
    assert (check(put, (table[:count], places, rows), expected, machine) == expected).all()
