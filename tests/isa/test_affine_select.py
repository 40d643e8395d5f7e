"""affine_select: a tile where an affine pattern compares true with 0."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run
from test_iota import affine
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

COMPARISONS = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize(("pattern", "offset", "multiplier"), [
    ([[-1, 64]], 0, 1), ([[1, 64]], -20, -1), ([[8, 8], [-1, 8]], 3, -2), ([[2**30, 64]], 1, 2**28),
])  # fmt: skip
def test_comparisons(rng, machine, name, pattern, offset, multiplier):
    x = rng.standard_normal((96, 64)).astype(np.float32)
    y = run(
        lambda t: nisa.affine_select(
            t.y, pattern, multiplier, t.x, -2.5, getattr(nl, name), offset
        ),
        machine,
        x=x,
        y=out(x.shape),
    )
    chosen = COMPARISONS[name](affine(96, pattern, offset, multiplier), 0)
    np.testing.assert_array_equal(y, np.where(chosen, x, np.float32(-2.5)))


def test_the_default_is_equal():
    y = run(
        lambda t: nisa.affine_select(t.y, [[1, 128]], -1, t.x, 0.0),
        x=np.ones((128, 128), np.float32),
        y=out((128, 128)),
    )
    np.testing.assert_array_equal(y, np.eye(128))


@pytest.mark.parametrize("type_name", ["float32", "bfloat16", "float16", "float8_e4m3", "int32",
                                       "uint32", "int16", "uint16", "int8", "uint8"])  # fmt: skip
def test_equal_types_copy_bits(rng, type_name):
    bits = rng.integers(0, 256, (32, 40 * dtype(type_name).itemsize), dtype=np.uint8)
    x = bits.view(dtype(type_name))
    y = run(
        lambda t: nisa.affine_select(t.y, [[-1, 40]], 1, t.x, 3, nl.greater_equal),
        x=x,
        y=out(x.shape, type_name),
    )
    chosen = np.tri(32, 40, dtype=bool)
    assert y[chosen].tobytes() == x[chosen].tobytes()
    np.testing.assert_array_equal(y[~chosen].astype(np.float32), 3)


@pytest.mark.parametrize("source", ["float32", "bfloat16", "int32"])
@pytest.mark.parametrize("target", ["float32", "bfloat16", "int8"])
def test_casts_and_views(rng, source, target):
    x = (rng.standard_normal((64, 6, 10)) * 100).astype(dtype(source))

    def call(t):
        nisa.affine_select(t.y[32:], [[1, 6], [-1, 5]], 0, t.x[:32, :, ::2], -300.0, nl.less)

    y = run(call, x=x, y=out((64, 30), target, initial=1))
    chosen = affine(32, [[1, 6], [-1, 5]], 0, 0) < 0
    values = np.where(chosen, x[:32, :, ::2].reshape(32, 30).astype(np.float32), np.float32(-300))
    if target == "int8":
        values = np.clip(np.rint(values), -128, 127)
    np.testing.assert_array_equal(y[32:], values.astype(dtype(target)))
    assert (y[:32].astype(np.float32) == 1).all()


def test_in_place(rng):
    x = rng.standard_normal((64, 64)).astype(np.float32)

    def call(t):
        nisa.affine_select(
            t.y,
            pattern=[[-1, 64]],
            offset=0,
            channel_multiplier=1,
            cmp_op=nl.greater_equal,
            on_true_tile=t.y,
            on_false_value=-np.inf,
        )

    y = run(call, y=out(x.shape, initial=x))
    np.testing.assert_array_equal(y, np.where(np.tri(64, dtype=bool), x, -np.inf))


def test_only_chosen_garbage_matters():
    def call(t, columns):
        tile = nl.ndarray((16, 8), dtype=nl.float32, buffer=nl.sbuf)
        nisa.memset(tile[:, :4], 1.0)
        nisa.affine_select(tile, [[1, 8]], 0, tile, 0.0, nl.less, offset=-columns)
        nisa.dma_copy(t.y, tile)

    np.testing.assert_array_equal(
        run(lambda t: call(t, 4), y=out((16, 8))), [[1] * 4 + [0] * 4] * 16
    )
    refuses("E210", lambda t: call(t, 5), y=out((16, 8)))


def test_rules(rng):
    x = rng.standard_normal((8, 24)).astype(np.float32)

    def call(t, pattern=((1, 24),), cmp_op=nl.equal, offset=0, multiplier=0):
        nisa.affine_select(t.y, pattern, multiplier, t.x, 0.0, cmp_op, offset)

    tiles = {"x": x, "y": out((8, 24))}
    run(call, **tiles)
    run(lambda t: call(t, [[1, 2], [1, 3], [1, 2], [1, 2]]), **tiles)
    refuses("E111", lambda t: call(t, [[1, 2], [1, 3], [1, 2], [1, 2], [1, 1]]), **tiles)
    refuses("E103", lambda t: call(t, [[1, 23]]), **tiles)
    refuses("E103", lambda t: call(t, [[1, 25]]), **tiles)
    refuses("E109", lambda t: call(t, cmp_op=nl.add), **tiles)
    refuses("E109", lambda t: call(t, cmp_op=nl.logical_and), **tiles)
    refuses("E111", lambda t: call(t, offset=2**31), **tiles)
    refuses("E111", lambda t: call(t, multiplier=-(2**31) - 1), **tiles)
    refuses("E103", call, x=x[:, :23], y=out((8, 24)))
    refuses("E102", call, x=x[:7], y=out((8, 24)))
    refuses("E107", call, x=psum(x), y=out((8, 24)))
    refuses("E107", call, x=hbm(x), y=out((8, 24)))
    refuses("E107", call, x=x, y=out((8, 24), buffer="psum"))
