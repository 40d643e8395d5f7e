"""dma_transpose: three axis orders, of tiles and of rows that an index tile chooses."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

AXES = {2: (1, 0), 3: (2, 1, 0), 4: (3, 1, 2, 0)}


def data(rng, shape, type_name="bfloat16"):
    bits = rng.integers(0, 256, (*shape, dtype(type_name).itemsize), dtype=np.uint8)
    return bits.view(dtype(type_name)).reshape(shape)


def same_bits(a, b):
    assert a.shape == b.shape and a.tobytes() == b.tobytes()


def gathered(tensor, index, count=None):
    """`count` whole rows of an HBM tensor that `index` chooses."""
    steps = [int(np.prod(tensor.shape[d + 1 :])) for d in range(len(tensor.shape))]
    counts = [count or index.shape[0] * index.shape[1], *tensor.shape[1:]]
    pattern = [[step, count] for step, count in zip(steps, counts, strict=True)]
    return tensor.ap(pattern, vector_offset=index, indirect_dim=0)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory", [hbm, sbuf])
@pytest.mark.parametrize("type_name", ["bfloat16", "float16", "uint16", "float32", "int32"])
@pytest.mark.parametrize("shape", [(16, 128), (100, 7), (32, 3, 20), (5, 4, 3, 128)])
def test_axis_orders(rng, machine, memory, type_name, shape):
    x, axes = data(rng, shape, type_name), AXES[len(shape)]
    turned = x.transpose(axes)
    tiles = {"x": memory(x), "y": out(turned.shape, type_name)}
    same_bits(run(lambda t: nisa.dma_transpose(t.y, t.x), machine, **tiles), turned)
    same_bits(run(lambda t: nisa.dma_transpose(t.y, t.x, axes=axes), machine, **tiles), turned)


def test_strided_and_partial_views(rng):
    x = data(rng, (64, 2, 40))

    def call(t):
        nisa.dma_transpose(t.y[:20, :, 8:24], t.x[16:32, :, ::2])

    y = run(call, x=hbm(x), y=out((64, 2, 40), "bfloat16", initial=0))
    expected = np.zeros((64, 2, 40), x.dtype)
    expected[:20, :, 8:24] = x[16:32, :, ::2].transpose(2, 1, 0)
    same_bits(y, expected)


def test_undefined_elements_move_along(rng):
    def call(t, columns):
        source = nl.ndarray((16, 8), dtype=nl.float32, buffer=nl.sbuf)
        turned = nl.ndarray((8, 16), dtype=nl.float32, buffer=nl.sbuf)
        nisa.memset(source[:, 2:4], 1.0)
        nisa.dma_transpose(turned, source)
        nisa.dma_copy(t.y, turned[2 : 2 + columns, :])

    np.testing.assert_array_equal(run(lambda t: call(t, 2), y=out((2, 16))), np.ones((2, 16)))
    refuses("E210", lambda t: call(t, 3), y=out((3, 16)))


def test_shape_and_order_are_exact(rng):
    x = hbm(data(rng, (16, 4, 32)))
    refuses("E110", lambda t: nisa.dma_transpose(t.y, t.x), x=x, y=out((4, 32, 16), "bfloat16"))
    refuses("E110", lambda t: nisa.dma_transpose(t.y, t.x), x=x, y=out((32, 64), "bfloat16"))
    refuses(
        "E110",
        lambda t: nisa.dma_transpose(t.y, t.x),
        x=hbm(data(rng, (2, 2, 2, 2, 2))),
        y=out((2, 2, 2, 2, 2), "bfloat16"),
    )
    for axes in [(1, 0), (0, 1, 2), (2, 0, 1), (3, 1, 2, 0)]:
        refuses(
            "E111",
            lambda t, a=axes: nisa.dma_transpose(t.y, t.x, axes=a),
            x=x,
            y=out((32, 4, 16), "bfloat16"),
        )


def test_types_and_memories(rng):
    x = data(rng, (16, 32))
    refuses("E106", lambda t: nisa.dma_transpose(t.y, t.x), x=hbm(x), y=out((32, 16), "float16"))
    refuses(
        "E105",
        lambda t: nisa.dma_transpose(t.y, t.x),
        x=hbm(data(rng, (16, 32), "int8")),
        y=out((32, 16), "int8"),
    )
    refuses(
        "E107",
        lambda t: nisa.dma_transpose(t.y, t.x),
        x=hbm(x),
        y=out((32, 16), "bfloat16", buffer="hbm"),
    )
    refuses("E107", lambda t: nisa.dma_transpose(t.y, t.x), x=psum(x), y=out((32, 16), "bfloat16"))
    refuses(
        "E101",
        lambda t: nisa.dma_transpose(t.y[:, :], t.x[:, :129].reshape((16, 129))),
        x=hbm(data(rng, (16, 129))),
        y=out((129, 16), "bfloat16"),
    )


# --- hardware descriptors ------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "code"), [
    ((16, 128), None), ((16, 64), None), ((15, 128), "E110"), ((32, 128), "E110"),
    ((1, 16, 8), None), ((1, 15, 8), "E110"), ((2, 8, 8), None), ((2, 7, 8), "E110"),
    ((4, 4, 8), None), ((8, 2, 8), None), ((16, 1, 8), None), ((3, 16, 8), "E110"),
    ((32, 1, 8), "E110"), ((8, 5, 2, 16), None), ((8, 5, 3, 16), "E110"),
])  # fmt: skip
def test_hardware_transpose_shapes(rng, shape, code):
    x = data(rng, shape)
    turned = x.transpose(AXES[len(shape)])
    tiles = {"x": hbm(x), "y": out(turned.shape, "bfloat16")}

    def call(t):
        nisa.dma_transpose(t.y, t.x, dge_mode=nisa.dge_mode.hwdge)

    if code:
        refuses(code, call, **tiles)
    else:
        same_bits(run(call, **tiles), turned)


def test_hardware_transpose_rules(rng):
    def call(t, mode="hwdge"):
        nisa.dma_transpose(t.y, t.x, dge_mode=nisa.dge_mode[mode])

    tiles = {"x": hbm(data(rng, (16, 128))), "y": out((128, 16), "bfloat16")}
    refuses("E113", call, "trn1", **tiles)
    run(call, "trn3", **tiles)
    refuses("E105", call, x=hbm(data(rng, (16, 128), "float32")), y=out((128, 16)))
    refuses("E111", lambda t: call(t, "swdge"), **tiles)
    run(lambda t: call(t, "none"), **tiles)  # as nki-library does
    refuses("E111", lambda t: nisa.dma_transpose(t.y, t.x, oob_mode=nisa.oob_mode.skip), **tiles)
    refuses("E113", lambda t: nisa.dma_transpose(t.y, t.x, priority=0), **tiles)
    run(lambda t: nisa.dma_transpose(t.y, t.x, priority=3), "trn3", **tiles)
    refuses("E111", lambda t: nisa.dma_transpose(t.y, t.x, priority=4), "trn3", **tiles)


def test_a_dynamic_start(rng):
    x = data(rng, (3, 16, 8))

    def call(t, **mode):
        nisa.dma_transpose(t.y, t.x.select(0, t.i), **mode)

    tiles = {"x": hbm(x), "y": out((8, 16), "bfloat16", initial=1)}
    same_bits(run(call, i=np.array([[2]], np.int32), **tiles), x[2].T)
    refuses("E212", call, i=np.array([[3]], np.int32), **tiles)
    y = run(lambda t: call(t, oob_mode=nisa.oob_mode.skip), i=np.array([[3]], np.int32), **tiles)
    assert (y.astype(np.float32) == 1).all()


# --- indexed rows --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(300, 128), (300, 5, 64), (300, 1, 6, 128), (300, 6, 1, 32)])
@pytest.mark.parametrize("index_shape", [(16, 1), (48, 1), (128, 1), (128, 2)])
def test_indexed_rows(rng, shape, index_shape):
    x = data(rng, shape)
    index = rng.integers(0, 300, index_shape, dtype=np.uint32)
    expected = x[index.T.ravel()].transpose(AXES[len(shape)])

    def call(t):
        nisa.dma_transpose(t.y, gathered(t.x, t.i), axes=AXES[len(shape)])

    tiles = {"x": hbm(x), "i": index, "y": out(expected.shape, "bfloat16")}
    same_bits(run(call, **tiles), expected)
    same_bits(run(call, "trn3", **tiles), expected)
    refuses("E113", call, "trn1", **tiles)


def test_more_indices_than_rows(rng):
    x, index = data(rng, (300, 32)), rng.integers(0, 300, (128, 2), dtype=np.uint32)
    y = run(
        lambda t: nisa.dma_transpose(t.y, gathered(t.x, t.i, 144)),
        x=hbm(x),
        i=index,
        y=out((32, 144), "bfloat16"),
    )
    same_bits(y, x[index.T.ravel()[:144]].T)


def test_indices_outside(rng):
    x, index = data(rng, (40, 32)), rng.integers(0, 40, (16, 1), dtype=np.uint32)
    index[[2, 9], 0] = 40, 2**32 - 1
    inside = index[:, 0] < 40

    def call(t, **mode):
        nisa.dma_transpose(t.y, gathered(t.x, t.i), **mode)

    tiles = {"x": hbm(x), "i": index, "y": out((32, 16), "bfloat16", initial=2)}
    assert "test_dma_transpose.py" in refuses("E212", call, **tiles)
    y = run(lambda t: call(t, oob_mode=nisa.oob_mode.skip), **tiles)
    same_bits(y[:, inside], x[index[inside, 0]].T)
    assert (y[:, ~inside].astype(np.float32) == 2).all()
    tiles["y"] = out((32, 16), "bfloat16")
    message = refuses("E210", lambda t: call(t, oob_mode=nisa.oob_mode.skip), **tiles)
    assert "64 of 512" in message


def test_rules_of_indexed_rows(rng):
    def call(t, count=None, mode="unknown"):
        nisa.dma_transpose(t.y, gathered(t.x, t.i, count), dge_mode=nisa.dge_mode[mode])

    def tiles(shape=(40, 32), type_name="bfloat16", index=(16, 1), index_type="uint32", rows=16):
        turned = (rows, *shape[1:])
        turned = np.empty(turned).transpose(AXES[len(shape)]).shape
        return {
            "x": hbm(data(rng, shape, type_name)),
            "i": np.zeros(index, index_type),
            "y": out(turned, type_name),
        }

    run(lambda t: call(t, mode="swdge"), **tiles())
    refuses("E111", lambda t: call(t, mode="hwdge"), **tiles())
    refuses("E111", lambda t: call(t, mode="none"), **tiles())
    refuses("E105", call, **tiles(type_name="float32"))
    refuses("E105", call, **tiles(index_type="int32"))
    refuses("E110", call, **tiles(shape=(40, 2, 2, 32)))
    refuses("E110", call, **tiles(index=(8, 1), rows=8))
    refuses("E110", call, **tiles(index=(24, 1), rows=24))
    refuses("E110", lambda t: call(t, 16), **tiles(index=(64, 2)))
    refuses("E110", lambda t: call(t, 24), **tiles(index=(32, 1), rows=24))
    refuses("E122", lambda t: call(t, 32), **tiles(index=(16, 1), rows=32))
    on_chip = tiles() | {"x": sbuf(data(rng, (40, 32)))}
    refuses("E107", call, **on_chip)
