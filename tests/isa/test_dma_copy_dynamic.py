"""dma_copy with dynamic addresses: registers and tiles as offsets, gathers and scatters."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, refuses, run
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


def numbers(rng, shape, type_name="float32"):
    return (rng.standard_normal(shape) * 20).astype(np.float32).astype(dtype(type_name))


def rows(tensor, index, count=None, width=None):
    """`count` rows of an HBM tensor that `index` chooses."""
    width = width or tensor.shape[1]
    pattern = [[tensor.shape[1], count or index.shape[0]], [1, width]]
    return tensor.ap(pattern, vector_offset=index, indirect_dim=0)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("how", ["tile", "register", "select"])
def test_scalar_offset(rng, machine, how):
    x, index = numbers(rng, (6, 16, 8)), np.array([[4]], np.int32)

    def call(t):
        offset = t.i
        if how == "register":
            offset = nisa.register_alloc()
            nisa.register_load(offset, t.i)
        source = (
            t.x.select(0, offset)
            if how == "select"
            else t.x.ap([[8, 16], [1, 8]], scalar_offset=offset, indirect_dim=0)
        )
        nisa.dma_copy(t.y, source)

    np.testing.assert_array_equal(run(call, machine, x=hbm(x), i=index, y=out((16, 8))), x[4])


def test_scalar_offset_on_the_target_and_an_inner_dimension(rng):
    x, index = numbers(rng, (16, 8)), np.array([[3]], np.uint32)

    def call(t):
        nisa.dma_copy(t.y.ap([[8, 4], [1, 1]], 8, scalar_offset=t.i, indirect_dim=1), t.x[:4, :1])

    y = run(call, x=hbm(x), i=index, y=out((16, 8), buffer="hbm", initial=0))
    expected = np.zeros((16, 8), np.float32)
    expected[1:5, 3] = x[:4, 0]
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(("index", "fits"), [(0, True), (3, True), (4, False), (-1, False)])
def test_scalar_offset_bounds(rng, index, fits):
    x = numbers(rng, (4, 8, 8))

    def call(t, **mode):
        nisa.dma_copy(t.y, t.x.select(0, t.i), **mode)

    tiles = {"x": hbm(x), "i": np.array([[index]], np.int32), "y": out((8, 8), initial=7)}
    skipped = run(lambda t: call(t, oob_mode=nisa.oob_mode.skip), **tiles)
    np.testing.assert_array_equal(skipped, x[index] if fits else np.full((8, 8), 7))
    if fits:
        np.testing.assert_array_equal(run(call, **tiles), x[index])
    else:
        assert "test_dma_copy_dynamic.py" in refuses("E212", call, **tiles)


@pytest.mark.parametrize(("index", "fits"), [(4, True), (5, False)])
def test_the_whole_pattern_stays_inside(rng, index, fits):
    x = numbers(rng, (8, 16))

    def call(t):
        nisa.dma_copy(t.y, t.x.ap([[16, 4], [1, 16]], scalar_offset=t.i, indirect_dim=0))

    tiles = {"x": hbm(x), "i": np.array([[index]], np.int32), "y": out((4, 16))}
    if fits:
        np.testing.assert_array_equal(run(call, **tiles), x[4:])
    else:
        refuses("E212", call, **tiles)


def test_a_pattern_on_chip_stays_in_its_partition(rng):
    def call(t, width):
        nisa.dma_copy(
            t.y[:, :width], t.x.ap([[16, 8], [1, width]], scalar_offset=t.i, indirect_dim=1)
        )

    tiles = {
        "x": numbers(rng, (16, 16)),
        "i": np.array([[9]], np.int32),
        "y": out((8, 8), initial=0),
    }
    assert (run(lambda t: call(t, 7), **tiles)[:, :7] == tiles["x"][:8, 9:]).all()
    refuses("E212", lambda t: call(t, 8), **tiles)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("index_type", ["int32", "uint32", "int16", "uint8"])
def test_gather_and_scatter(rng, machine, index_type):
    x = numbers(rng, (200, 24))
    index = rng.permutation(100)[:64].astype(index_type)[:, None]
    y = run(
        lambda t: nisa.dma_copy(t.y, rows(t.x, t.i)), machine, x=hbm(x), i=index, y=out((64, 24))
    )
    np.testing.assert_array_equal(y, x[index[:, 0]])
    y = run(
        lambda t: nisa.dma_copy(rows(t.y, t.i), t.x),
        machine,
        x=x[:64],
        i=index,
        y=out((128, 24), buffer="hbm", initial=1),
    )
    expected = np.ones((128, 24), np.float32)
    expected[index[:, 0]] = x[:64]
    np.testing.assert_array_equal(y, expected)


def test_vector_select_and_an_inner_window(rng):
    x, index = numbers(rng, (50, 6, 4)), rng.integers(0, 50, (32, 1), dtype=np.int32)
    y = run(
        lambda t: nisa.dma_copy(t.y, t.x.vector_select(0, t.i)),
        x=hbm(x),
        i=index,
        y=out((32, 6, 4)),
    )
    np.testing.assert_array_equal(y, x[index[:, 0]])

    def window(t):
        pattern = [[24, 32], [4, 3], [1, 2]]
        nisa.dma_copy(t.y, t.x.ap(pattern, 9, vector_offset=t.i, indirect_dim=0))

    y = run(window, x=hbm(x), i=index, y=out((32, 3, 2)))
    np.testing.assert_array_equal(y, x[index[:, 0], 2:5, 1:3])


def test_the_plain_side_may_have_another_shape(rng):
    x, index = numbers(rng, (20, 12)), rng.integers(0, 20, (16, 1), dtype=np.int32)
    index[3] = -1
    tiles = {"x": hbm(x), "i": index}
    gathered = x[index[:, 0]]
    gathered[3] = 5
    y = run(
        lambda t: nisa.dma_copy(t.y, rows(t.x, t.i), oob_mode=nisa.oob_mode.skip),
        **tiles,
        y=out((4, 48), initial=5),
    )
    np.testing.assert_array_equal(y, gathered.reshape(4, 48))
    y = run(
        lambda t: nisa.dma_copy(t.y, rows(t.x, t.i), oob_mode=nisa.oob_mode.skip),
        **tiles,
        y=out((4, 48), "int32", initial=5),
    )
    np.testing.assert_array_equal(y, np.rint(gathered).reshape(4, 48))

    places = rng.permutation(20)[:16].astype(np.int32)[:, None]
    data = numbers(rng, (4, 48))
    y = run(
        lambda t: nisa.dma_copy(rows(t.y, t.i), t.x),
        x=data,
        i=places,
        y=out((20, 12), buffer="hbm", initial=0),
    )
    expected = np.zeros((20, 12), np.float32)
    expected[places[:, 0]] = data.reshape(16, 12)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("target", ["bfloat16", "int32"])
def test_gather_and_scatter_cast(rng, target):
    x, index = numbers(rng, (20, 8)), rng.permutation(20)[:16].astype(np.int32)[:, None]
    cast = np.rint(x) if target == "int32" else x
    y = run(lambda t: nisa.dma_copy(t.y, rows(t.x, t.i)), x=hbm(x), i=index, y=out((16, 8), target))
    np.testing.assert_array_equal(y, cast[index[:, 0]].astype(dtype(target)))
    y = run(
        lambda t: nisa.dma_copy(rows(t.y, t.i), t.x),
        x=x[:16],
        i=index,
        y=out((20, 8), target, buffer="hbm", initial=0),
    )
    np.testing.assert_array_equal(y[index[:, 0]], cast[:16].astype(dtype(target)))


def test_of_equal_scattered_rows_the_last_stays(rng):
    x, index = numbers(rng, (4, 8)), np.array([[2], [1], [2], [1]], np.int32)
    y = run(
        lambda t: nisa.dma_copy(rows(t.y, t.i), t.x),
        x=x,
        i=index,
        y=out((4, 8), buffer="hbm", initial=0),
    )
    np.testing.assert_array_equal(y[[1, 2]], x[[3, 2]])


@pytest.mark.parametrize("outside", [16, 17, -1, -(2**31), 2**31 - 1])
def test_an_index_outside_is_refused_or_skipped(rng, outside):
    x, index = numbers(rng, (16, 8)), np.arange(8, dtype=np.int32)[:, None]
    index[5] = outside
    kept = np.arange(8) != 5

    def gather(t, **mode):
        nisa.dma_copy(t.y, rows(t.x, t.i), **mode)

    tiles = {"x": hbm(x), "i": index, "y": out((8, 8), initial=3)}
    message = refuses("E212", gather, **tiles)
    assert (
        str(outside) in message and "0 to 15" in message and "test_dma_copy_dynamic.py" in message
    )
    y = run(lambda t: gather(t, oob_mode=nisa.oob_mode.skip), **tiles)
    np.testing.assert_array_equal(y[kept], x[:8][kept])
    np.testing.assert_array_equal(y[5], np.full(8, 3))

    tiles = {"x": x[:8], "i": index, "y": out((16, 8), buffer="hbm", initial=3)}
    refuses("E212", lambda t: nisa.dma_copy(rows(t.y, t.i), t.x), **tiles)
    y = run(lambda t: nisa.dma_copy(rows(t.y, t.i), t.x, oob_mode=nisa.oob_mode.skip), **tiles)
    np.testing.assert_array_equal(y[:8][kept], x[:8][kept])
    assert (y[5] == 3).all() and (y[8:] == 3).all()


def test_skipped_rows_of_a_fresh_tile_are_not_written(rng):
    index = np.array([[0], [-1], [1], [2]], np.int32)

    def call(t):
        nisa.dma_copy(t.y, rows(t.x, t.i), oob_mode=nisa.oob_mode.skip)

    message = refuses("E210", call, x=hbm(numbers(rng, (4, 8))), i=index, y=out((4, 8)))
    assert "8 of 32" in message


def test_an_index_must_have_been_written(rng):
    def call(t, view):
        index = nl.ndarray((8, 1), dtype=nl.int32, buffer=nl.sbuf)
        nisa.dma_copy(t.y, view(t, index))

    tiles = {"x": hbm(numbers(rng, (16, 8))), "y": out((8, 8))}
    refuses("E211", lambda t: call(t, lambda t, i: rows(t.x, i)), **tiles)
    refuses(
        "E211",
        lambda t: call(t, lambda t, i: t.x.ap([[8, 8], [1, 8]], scalar_offset=i[:1, :])),
        **tiles,
    )

    def register(t):
        offset = nisa.register_alloc()
        nisa.dma_copy(t.y, t.x.ap([[8, 8], [1, 8]], scalar_offset=offset))

    refuses("E211", register, **tiles)


def test_rules_of_indices(rng):
    tiles = {"x": hbm(numbers(rng, (16, 8))), "y": out((8, 8))}
    column = np.zeros((8, 1), np.int32)

    def gather(t):
        nisa.dma_copy(t.y, rows(t.x, t.i, 8))

    refuses("E105", gather, i=column.astype(np.float32), **tiles)
    refuses("E107", gather, i=hbm(column), **tiles)
    refuses("E110", gather, i=np.zeros((4, 2), np.int32), **tiles)
    refuses("E110", gather, i=np.zeros((16, 1), np.int32), **tiles)
    refuses("E122", gather, i=np.zeros((7, 1), np.int32), **tiles)
    refuses(
        "E107",
        lambda t: nisa.dma_copy(t.y, rows(t.s, t.i)),
        i=column,
        s=column.repeat(8, 1),
        **tiles,
    )
    refuses(
        "E111",
        lambda t: nisa.dma_copy(rows(t.o, t.i), rows(t.x, t.i)),
        i=column,
        x=tiles["x"],
        o=out((16, 8), buffer="hbm", initial=0),
    )
    refuses(
        "E110",
        lambda t: nisa.dma_copy(t.y, t.x.ap([[8, 8], [1, 8]], scalar_offset=t.i)),
        i=column,
        **tiles,
    )


def test_an_index_counts_steps_of_the_viewed_dimension(rng):
    x, index = numbers(rng, (16, 32)), np.array([[5]], np.int32)

    def sliced(t):
        nisa.dma_copy(t.y, t.x[:, 8:16].ap([[32, 4], [1, 8]], scalar_offset=t.i))

    np.testing.assert_array_equal(run(sliced, x=hbm(x), i=index, y=out((4, 8))), x[5:9, 8:16])

    def other_type(t):
        pattern = [[64, 4], [1, 64]]
        nisa.dma_copy(t.y, t.x.ap(pattern, dtype=nl.bfloat16, scalar_offset=t.i))

    y = run(other_type, x=hbm(x), i=index, y=out((4, 64), "bfloat16"))
    assert y.tobytes() == x[5:9].tobytes()


def test_a_pattern_on_chip_cannot_run_on_into_the_next_partition(rng):
    tiles = {"x": numbers(rng, (8, 16)), "y": out((4, 16))}
    run(lambda t: nisa.dma_copy(t.y, t.x.ap([[16, 4], [1, 16]])), **tiles)
    refuses("E122", lambda t: nisa.dma_copy(t.y, t.x.ap([[16, 4], [1, 16]], 1)), **tiles)
    refuses("E122", lambda t: nisa.dma_copy(t.y, t.x.ap([[16, 1], [1, 64]])), **tiles)
