"""dma_compute: sums on the way, and rows read, modified and written through an index tile."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


def numbers(rng, shape, type_name="float32"):
    return (rng.standard_normal(shape) * 8).astype(np.float32).astype(dtype(type_name))


def rows(tensor, index, count=None):
    pattern = [[tensor.shape[1], count or index.shape[0]], [1, tensor.shape[1]]]
    return tensor.ap(pattern, vector_offset=index, indirect_dim=0)


def chain(arrays):
    """The float32 sum in the order of the sources."""
    total = arrays[0].astype(np.float32)
    for array in arrays[1:]:
        total = total + array.astype(np.float32)
    return total


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_sums(rng, machine, count):
    sources = {f"x{i}": hbm(numbers(rng, (64, 40))) for i in range(count)}

    def call(t):
        nisa.dma_compute(t.y, [getattr(t, name) for name in sources], nl.add)

    y = run(call, machine, **sources, y=out((64, 40)))
    np.testing.assert_array_equal(y, chain([s.data for s in sources.values()]))


@pytest.mark.parametrize("a", ["float32", "bfloat16", "int32", "float8_e4m3"])
@pytest.mark.parametrize("b", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("target", ["float32", "bfloat16", "int16"])
def test_types_meet_in_float32(rng, a, b, target):
    x, z = np.abs(numbers(rng, (32, 24), a)), np.abs(numbers(rng, (32, 24), b))
    y = run(
        lambda t: nisa.dma_compute(t.y, [t.x, t.z], nl.add, scales=[1.0, 1]),
        x=hbm(x),
        z=z,
        y=out((32, 24), target),
    )
    total = chain([x, z])
    np.testing.assert_array_equal(
        y, (np.rint(total) if target == "int16" else total).astype(y.dtype)
    )


def test_shapes_may_differ_and_views_be_strided(rng):
    x, z = numbers(rng, (32, 24)), numbers(rng, (64, 40))
    y = run(
        lambda t: nisa.dma_compute(t.y, (t.x, t.z[:16, 0:16]), nl.add, scales=(1.0, 1.0)),
        x=hbm(x[:, ::3].copy()),
        z=z,
        y=out((8, 32)),
    )
    np.testing.assert_array_equal(
        y, (x[:, ::3].reshape(-1) + z[:16, :16].reshape(-1)).reshape(8, 32)
    )
    y = run(
        lambda t: nisa.dma_compute(t.y[::1, 1::2], [t.z[:32, ::2], t.z[32:, 1::2]], nl.add),
        z=hbm(z),
        y=out((32, 40), initial=0),
    )
    np.testing.assert_array_equal(y[:, 1::2], z[:32, ::2] + z[32:, 1::2])


def test_dst_may_be_a_source(rng):
    x = numbers(rng, (32, 24))
    y = run(
        lambda t: nisa.dma_compute(t.y, [t.y, t.x, t.y], nl.add),
        x=hbm(x),
        y=out((32, 24), initial=3),
    )
    np.testing.assert_array_equal(y, (x + 3) + 3)


def test_one_source_is_copied(rng):
    x = numbers(rng, (32, 24))
    y = run(
        lambda t: nisa.dma_compute(t.y, [t.x], nl.add),
        x=hbm(x),
        y=out((32, 24), "bfloat16", initial=3),
    )
    np.testing.assert_array_equal(y, x.astype(dtype("bfloat16")))


def test_rules(rng):
    x = numbers(rng, (8, 8))
    tiles = {"x": hbm(x), "y": out((8, 8))}
    refuses("E111", lambda t: nisa.dma_compute(t.y, [t.x] * 17, nl.add), **tiles)
    refuses("E111", lambda t: nisa.dma_compute(t.y, [], nl.add), **tiles)
    for op in (nl.multiply, nl.maximum, nl.subtract):
        refuses("E109", lambda t, o=op: nisa.dma_compute(t.y, [t.x, t.x], o), **tiles)
    for scales in ([1.0], [1.0, 1.0, 1.0], [1.0, 2.0], [0.5, 1.0]):
        refuses(
            "E111", lambda t, s=scales: nisa.dma_compute(t.y, [t.x, t.x], nl.add, scales=s), **tiles
        )
    refuses("E103", lambda t: nisa.dma_compute(t.y, [t.x, t.x[:, :7]], nl.add), **tiles)
    refuses("E107", lambda t: nisa.dma_compute(t.y, [t.x, t.z], nl.add), z=psum(x), **tiles)
    refuses(
        "E111",
        lambda t: nisa.dma_compute(t.y, [t.x, t.x.ap([[8, 8], [1, 8]], scalar_offset=t.i)], nl.add),
        i=np.array([[0]], np.int32),
        **tiles,
    )
    run(lambda t: nisa.dma_compute(t.y, [t.x], nl.add, unique_indices=False), **tiles)


# --- indexed rows --------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("dst_first", [True, False])
@pytest.mark.parametrize("type_name", ["float32", "bfloat16"])
def test_scatter_and_gather(rng, machine, dst_first, type_name):
    table, x = numbers(rng, (100, 16), type_name), numbers(rng, (64, 16), type_name)
    index = rng.permutation(100)[:64].astype(np.int32)[:, None]

    def scatter(t):
        target = rows(t.y, t.i)
        nisa.dma_compute(target, [target, t.x] if dst_first else [t.x, target], nl.add)

    y = run(scatter, machine, x=x, i=index, y=out(table.shape, type_name, "hbm", initial=table))
    expected = table.copy()
    expected[index[:, 0]] = chain([table[index[:, 0]], x]).astype(table.dtype)
    np.testing.assert_array_equal(y, expected)

    def gather(t):
        source = rows(t.table, t.i)
        nisa.dma_compute(t.y, [t.y, source] if dst_first else [source, t.y], nl.add)

    y = run(gather, machine, table=hbm(table), i=index, y=out(x.shape, type_name, initial=x))
    np.testing.assert_array_equal(y, chain([x, table[index[:, 0]]]).astype(x.dtype))


def test_other_shape_and_other_types(rng):
    table, x = numbers(rng, (50, 12)), numbers(rng, (4, 48), "bfloat16")
    index = rng.permutation(50)[:16].astype(np.uint32)[:, None]

    def scatter(t):
        nisa.dma_compute(rows(t.y, t.i), [rows(t.y, t.i), t.x], nl.add)

    y = run(scatter, x=x, i=index, y=out(table.shape, buffer="hbm", initial=table))
    table[index[:, 0]] += x.reshape(16, 12).astype(np.float32)
    np.testing.assert_array_equal(y, table)


def test_equal_indices_add_up_in_order():
    index = np.array([[1], [1], [3]], np.int32)

    def call(t):
        nisa.dma_compute(rows(t.y, t.i), [rows(t.y, t.i), t.x], nl.add)

    y = run(
        call, x=np.full((3, 4), 2.0, np.float32), i=index, y=out((4, 4), buffer="hbm", initial=1)
    )
    np.testing.assert_array_equal(y[:, 0], [1, 5, 1, 3])


@pytest.mark.parametrize("outside", [100, -1])
def test_an_index_outside_is_refused_or_skipped(rng, outside):
    table, x = numbers(rng, (100, 8)), numbers(rng, (16, 8))
    index = np.arange(16, dtype=np.int32)[:, None]
    index[7] = outside
    inside = np.arange(16) != 7

    def scatter(t, **mode):
        nisa.dma_compute(rows(t.y, t.i), [rows(t.y, t.i), t.x], nl.add, **mode)

    def gather(t, **mode):
        nisa.dma_compute(t.y, [t.y, rows(t.table, t.i)], nl.add, **mode)

    tiles = {"x": x, "i": index, "y": out(table.shape, buffer="hbm", initial=table)}
    assert "test_dma_compute.py" in refuses("E212", scatter, **tiles)
    expected = table.copy()
    expected[:16][inside] += x[inside]
    y = run(lambda t: scatter(t, oob_mode=nisa.oob_mode.skip), **tiles)
    np.testing.assert_array_equal(y, expected)

    tiles = {"table": hbm(table), "i": index, "y": out(x.shape, initial=x)}
    refuses("E212", gather, **tiles)
    y = run(lambda t: gather(t, oob_mode=nisa.oob_mode.skip), **tiles)
    np.testing.assert_array_equal(y, np.where(inside[:, None], x + table[:16], x))


def test_rules_of_indexed_rows(rng):
    table, x = numbers(rng, (16, 8)), numbers(rng, (8, 8))
    index = np.arange(8, dtype=np.int32)[:, None]
    tiles = {"x": x, "i": index, "y": out(table.shape, buffer="hbm", initial=table)}

    def scatter(t, sources, **more):
        nisa.dma_compute(rows(t.y, t.i), sources(t), nl.add, **more)

    def pair(t):
        return [rows(t.y, t.i), t.x]

    run(lambda t: scatter(t, pair), **tiles)
    refuses("E111", lambda t: scatter(t, pair, unique_indices=False), **tiles)
    refuses("E111", lambda t: scatter(t, lambda t: [t.x]), **tiles)
    refuses("E111", lambda t: scatter(t, lambda t: [t.x, t.x]), **tiles)
    refuses("E111", lambda t: scatter(t, lambda t: [*pair(t), t.x]), **tiles)
    refuses("E111", lambda t: scatter(t, lambda t: [rows(t.y, t.j), t.x]), j=index, **tiles)
    refuses("E111", lambda t: scatter(t, lambda t: [rows(t.y, t.i)] * 2), **tiles)
    refuses("E107", lambda t: scatter(t, pair), **(tiles | {"x": hbm(x)}))
    refuses("E105", lambda t: scatter(t, pair), **(tiles | {"i": index.astype(np.float32)}))
    refuses(
        "E107",
        lambda t: nisa.dma_compute(rows(t.y, t.i), [rows(t.y, t.i), t.x], nl.add),
        x=x,
        i=index,
        y=sbuf(table),
    )


def test_skipping_needs_an_index(rng):
    x = numbers(rng, (8, 8))
    call = lambda t: nisa.dma_compute(t.y, [t.x], nl.add, oob_mode=nisa.oob_mode.skip)  # noqa: E731
    refuses("E111", call, x=x, y=out((8, 8)))
