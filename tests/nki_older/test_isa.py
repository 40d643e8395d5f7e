"""Instructions of nisa against NumPy, at the parameters that the older API has of its own."""

import ml_dtypes
import numpy as np
import pytest
from older import compute, refused, stored
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl

FLOAT = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture
def x(rng):
    return rng.standard_normal((64, 48)).astype(np.float32)


@pytest.fixture
def column(rng):
    return rng.standard_normal((64, 1)).astype(np.float32)


def test_activation(x, column):
    found = compute(lambda a, b: nisa.activation(np.square, a, bias=b, scale=2.0), x, column)
    np.testing.assert_allclose(found, (2 * x + column) ** 2, **FLOAT)
    found = compute(lambda a, b: nisa.activation(nl.exp, a, scale=b, dtype=nl.bfloat16), x, column)
    expected = np.exp(x * column)
    assert found.dtype == ml_dtypes.bfloat16
    np.testing.assert_allclose(found.astype(np.float32), expected, rtol=1e-2)


@pytest.mark.parametrize("name", ["activation_reduce", "activation"])
def test_activation_with_a_sum(name, x):
    more = {"reduce_cmd": nisa.reduce_cmd.reset_reduce} if name == "activation" else {}

    def body(out, t):
        sums = nl.ndarray((64, 1), nl.float32)
        tile = getattr(nisa, name)(nl.exp, nl.load(t), reduce_op=np.add, reduce_res=sums, **more)
        nl.store(out[:, 0:48], tile)
        nl.store(out[:, 48:49], sums)

    found = stored(body, (64, 49), x)
    np.testing.assert_allclose(found[:, :48], np.exp(x), rtol=1e-5)
    np.testing.assert_allclose(found[:, 48], np.exp(x).sum(1), rtol=1e-5)


def test_tensor_scalar(x, column):
    found = compute(
        lambda a, b: nisa.tensor_scalar(a, np.multiply, b, False, np.subtract, 1.5, True), x, column
    )
    np.testing.assert_allclose(found, 1.5 - x * column, **FLOAT)


def test_scalar_tensor_tensor(x, column):
    found = compute(
        lambda a, b: nisa.scalar_tensor_tensor(
            data=a, op0=np.subtract, operand0=b, op1=np.multiply, operand1=a
        ),
        x, column,
    )  # fmt: skip
    np.testing.assert_allclose(found, (x - column) * x, **FLOAT)


def test_tensor_tensor(x, column):
    found = compute(lambda a, b: nisa.tensor_tensor(a, b, nl.multiply), x, column)
    np.testing.assert_array_equal(found, x * column)
    found = compute(lambda a, b: nisa.tensor_tensor(b, a, np.subtract), x, column)
    np.testing.assert_array_equal(found, column - x)
    refused("E120", lambda t: nisa.tensor_tensor(nl.load(t), nl.load(t)[:, 0:5], nl.add), x)


def test_tensor_scalar_reduce(x):
    def body(out, t):
        largest = nl.ndarray((64, 1), nl.float32)
        tile = nisa.tensor_scalar_reduce(
            data=nl.load(t), op0=nl.abs, operand0=0.0, reduce_op=nl.max, reduce_res=largest[:, 0]
        )
        nl.store(out[:, 0:48], tile)
        nl.store(out[:, 48:49], largest)

    found = stored(body, (64, 49), x)
    np.testing.assert_array_equal(found[:, :48], np.abs(x))
    np.testing.assert_array_equal(found[:, 48], np.abs(x).max(1))


@pytest.mark.parametrize("kind", [nl.int32, nl.float32])
def test_iota(kind):
    p, f = nl.mgrid[0:16, 0:8]
    found = stored(
        lambda out: nl.store(out, nisa.iota(5 + 3 * p - 2 * f, kind)), (16, 8), dtype=kind
    )
    q, g = np.mgrid[0:16, 0:8]
    np.testing.assert_array_equal(found, 5 + 3 * q - 2 * g)
    refused("E120", lambda: nisa.iota(nl.arange(8), nl.int32))


@pytest.mark.parametrize("shift", [-2, 0, 3])
def test_affine_select(shift, x):
    p, f = nl.mgrid[0:64, 0:48]
    q, g = np.mgrid[0:64, 0:48]
    for pred, holds in (
        (f + shift < p, g + shift < q),
        (f + shift >= 2 * p, g + shift >= 2 * q),
        (p == f + shift, q == g + shift),
    ):
        found = compute(lambda a, pred=pred: nisa.affine_select(pred, a, -7.0), x)
        np.testing.assert_array_equal(found, np.where(holds, x, np.float32(-7)))
    both = (f < p) & (f > 3)
    refused("E111", lambda t: nisa.affine_select(both, nl.load(t), 0.0), x)


def test_affine_select_of_a_part(x):
    """The condition counts from the first element of the tile, masked or not."""
    p, f = nl.mgrid[0:64, 0:48]
    q, g = np.mgrid[0:64, 0:48]

    def body(t):
        out = nl.zeros((64, 48), nl.float32)
        out[p, f] = nisa.affine_select(p >= f, t, -1.0, mask=(p >= 32) & (f >= 5))
        return out

    expected = np.where((q >= 32) & (g >= 5), np.where(q >= g, x, -1), 0).astype(np.float32)
    np.testing.assert_array_equal(compute(body, x), expected)


def test_scan(x, column):
    found = compute(
        lambda a, b: nisa.tensor_tensor_scan(a, a, initial=b, op0=np.multiply, op1=np.add),
        x,
        column,
    )
    expected, last = np.zeros_like(x), column[:, 0]
    for i in range(48):
        last = expected[:, i] = x[:, i] * last + x[:, i]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("axis", [(1,), [1, 2], 2])
def test_tensor_reduce(axis, rng):
    x = rng.standard_normal((16, 4, 6)).astype(np.float32)
    found = compute(lambda a: nisa.tensor_reduce(np.max, a, axis, negate=True), x)
    axes = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_array_equal(found.ravel(), -x.max(axes).ravel())
    refused("E111", lambda a: nisa.tensor_reduce(np.max, nl.load(a), [0, 1]), x)


def test_pooling(rng):
    """Dimensions between others: a 2-D pool through an access pattern of five dimensions."""
    x = rng.standard_normal((8, 6, 9)).astype(np.float32)
    i = nl.mgrid[0:8, 0:2, 0:3, 0:3, 0:3]

    def body(t):
        return nisa.tensor_reduce(np.add, t[i.p, 3 * i.x + i.y, 3 * i.z + i.w], [2, 4])

    def kept(t):
        return nisa.tensor_reduce(np.add, t.reshape((8, 2, 3, 9)), 2, keepdims=True)

    expected = x.reshape(8, 2, 3, 3, 3).sum((2, 4))
    np.testing.assert_allclose(compute(body, x), expected, rtol=1e-5, atol=1e-5)
    found = compute(kept, x)
    np.testing.assert_allclose(
        found, x.reshape(8, 2, 3, 9).sum(2, keepdims=True), rtol=1e-5, atol=1e-5
    )


def test_partitions_add_up(x):
    found = compute(lambda a: nisa.tensor_partition_reduce(np.add, a), x)
    np.testing.assert_allclose(found, x.sum(0, keepdims=True), rtol=1e-4, atol=1e-5)


def test_statistics(x):
    found = compute(lambda a: nisa.bn_aggr(nisa.bn_stats(a)), x)
    np.testing.assert_allclose(found[:, 0], x.mean(1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[:, 1], x.var(1), rtol=1e-4)


def test_eight_largest(x):
    order = np.argsort(-x, axis=1, kind="stable")[:, :8]
    np.testing.assert_array_equal(
        compute(lambda a: nisa.max8(src=a), x), np.take_along_axis(x, order, 1)
    )
    found = compute(lambda a: nisa.nc_find_index8(data=a, vals=nisa.max8(src=a)), x)
    np.testing.assert_array_equal(found, order)
    replaced = x.copy()
    np.put_along_axis(replaced, order, 0.0, 1)
    found = compute(lambda a: nisa.nc_match_replace8(data=a, vals=nisa.max8(src=a), imm=0.0), x)
    np.testing.assert_array_equal(found, replaced)


def test_shuffle(x):
    order = [(i * 5 + 3) % 32 for i in range(32)]

    def body(a):
        out = nl.ndarray((64, 48), nl.float32)
        nisa.nc_stream_shuffle(src=a, dst=out, shuffle_mask=order)
        return out

    np.testing.assert_array_equal(compute(body, x), x[order + [32 + i for i in order]])


def test_select_reduce(x, column):
    def body(out, t, other):
        tile = nl.load(t)
        largest, chosen = nl.ndarray((64, 1), nl.float32), nl.ndarray((64, 48), nl.float32)
        nisa.select_reduce(
            dst=chosen, predicate=tile > 0.0, on_true=tile, on_false=nl.load(other),
            reduce_cmd=nisa.reduce_cmd.reset_reduce, reduce_res=largest, reduce_op=nl.max,
        )  # fmt: skip
        nl.store(out[:, 0:48], chosen)
        nl.store(out[:, 48:49], largest)

    expected = np.where(x > 0, x, column)
    found = stored(body, (64, 49), x, column)
    np.testing.assert_array_equal(found, np.hstack([expected, expected.max(1, keepdims=True)]))


@pytest.mark.parametrize("kind", [nl.float32, nl.bfloat16])
def test_range_select(kind, rng):
    x = rng.standard_normal((64, 48)).astype(kind)
    low, high = np.full((64, 1), 20, np.float32), np.full((64, 1), 50, np.float32)

    def body(out, t, first, last):
        largest = nl.ndarray((64, 1), kind)
        tile = nisa.range_select(
            on_true_tile=nl.load(t), comp_op0=np.greater_equal, comp_op1=np.less,
            bound0=nl.load(first), bound1=nl.load(last), range_start=10, reduce_res=largest,
            reduce_cmd=nisa.reduce_cmd.reset_reduce, reduce_op=np.max, on_false_value=nl.fp32.min,
        )  # fmt: skip
        nl.store(out[:, 0:48], tile)
        nl.store(out[:, 48:49], largest)

    index = 10 + np.arange(48)
    expected = np.where((index >= 20) & (index < 50), x.astype(np.float32), nl.fp32.min)
    expected = expected.astype(kind).astype(np.float32)
    found = stored(body, (64, 49), x, low, high)
    np.testing.assert_array_equal(found[:, :48], expected)
    np.testing.assert_array_equal(found[:, 48], expected.max(1))


def test_copies_by_dma(x):
    def body(out, t):
        tile = nl.zeros((64, 48), nl.float32)
        nisa.dma_copy(dst=tile[0:32], src=t[32:64])
        nisa.dma_copy(dst=tile[32:64], src=tile[0:32], dst_rmw_op=np.add)
        nisa.dma_copy(dst=out, src=tile)

    np.testing.assert_array_equal(stored(body, (64, 48), x), np.vstack([x[32:], x[32:]]))
    other = lambda t: nisa.dma_copy(dst=t, src=t, dst_rmw_op=np.multiply)  # noqa: E731
    refused("E111", other, x)


def test_transposes(x, rng):
    np.testing.assert_array_equal(compute(lambda a: nisa.nc_transpose(a), x), x.T)
    small = x[:32, :20].copy()
    found = compute(lambda a: nisa.nc_transpose(a, engine=nisa.vector_engine), small)
    np.testing.assert_array_equal(found, small.T)
    cube = rng.standard_normal((16, 3, 8)).astype(np.float32)
    found = compute(lambda a: nisa.dma_transpose(a, axes=(2, 1, 0)), cube)
    np.testing.assert_array_equal(found, cube.transpose(2, 1, 0))
    refused("E111", lambda t: nisa.dma_transpose(t, axes=(0, 2, 1)), cube)


@pytest.mark.parametrize("rows", [128, 129])
def test_matmul_limits(rows, rng):
    a = rng.standard_normal((64, rows)).astype(np.float32)

    def body(t):
        return nisa.nc_matmul(nl.load(t), nl.load(t)[:, 0:32])

    if rows == 128:
        found = stored(lambda out, t: nl.store(out, body(t)), (rows, 32), a)
        np.testing.assert_allclose(found, a.T @ a[:, :32], rtol=1e-4, atol=1e-4)
    else:
        error = refused("E101", lambda t: body(t).access(), a)
        assert "129" in str(error)


def test_double_row(rng):
    a = rng.integers(-3, 4, (128, 2, 32)).astype(nl.float8_e4m3)
    b = rng.integers(-3, 4, (128, 2, 64)).astype(nl.float8_e4m3)
    found = compute(lambda s, m: nisa.nc_matmul(s, m, perf_mode="double_row_gen3"), a, b)
    expected = np.einsum("ktm,ktn->mn", a.astype(np.float32), b.astype(np.float32))
    np.testing.assert_array_equal(found, expected)
    wrong = lambda s: nisa.nc_matmul(nl.load(s), nl.load(s), perf_mode="fast")  # noqa: E731
    refused("E111", wrong, a)
