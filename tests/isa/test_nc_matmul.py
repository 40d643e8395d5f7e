"""nc_matmul: products, accumulation, tiles of the array, transposition."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, scratch
from oracle import FLOATS, cast, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

DOUBLE = nisa.matmul_perf_mode.double_row


def product(s, m, old=None):
    """Small integers: exact in any order."""
    result = wide(s).T @ wide(m)
    return result if old is None else old + result


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kinds", [(a, b) for a in FLOATS for b in FLOATS])
@pytest.mark.parametrize("k", [128, 100])
def test_types(rng, machine, kinds, k):
    s, m = (random(rng, (k, n), kind) for n, kind in zip((128, 512), kinds, strict=True))
    call = lambda t: nisa.nc_matmul(t.y, t.s, t.m)  # noqa: E731
    tiles = {"s": s, "m": m, "y": out((128, 512), buffer="psum")}
    if (kinds[0] == "float32") != (kinds[1] == "float32"):
        refuses("E106", call, machine, **tiles)
    else:
        same(run(call, machine, **tiles), product(s, m))


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (128, 1, 512), (17, 33, 65), (128, 128, 1), (64, 5, 7)]
)
@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_shapes_in_the_stated_order(rng, shape, kind):
    k, rows, columns = shape
    s = cast(rng.standard_normal((k, rows)).astype(np.float32), kind)
    m = cast(rng.standard_normal((k, columns)).astype(np.float32), kind)
    y = run(
        lambda t: nisa.nc_matmul(t.y, t.s, t.m), s=s, m=m, y=out((rows, columns), buffer="psum")
    )
    # A chain of fused multiply-adds over ascending k: the double product is exact.
    total = np.zeros((rows, columns), np.float32)
    for i in range(k):
        exact = wide(s)[i, :, None].astype(np.longdouble) * wide(m)[i].astype(np.longdouble)
        total = (exact + total).astype(np.float32)
    same(y, total)


def test_views(rng):
    s, m = random(rng, (128, 4, 32), "bfloat16"), random(rng, (128, 64, 2), "bfloat16")
    y = run(lambda t: nisa.nc_matmul(t.y[:64, 8:72], t.s[64:, ::2], t.m[64:, :, 1]), s=s, m=m,
            y=out((128, 80), buffer="psum", initial=0))  # fmt: skip
    same(y[:64, 8:72], product(s[64:, ::2], m[64:, :, 1]))
    assert not y[64:].any() and not y[:, 72:].any() and not y[:, :8].any()


def test_accumulation(rng):
    s, m = random(rng, (3, 128, 64), "float32"), random(rng, (3, 128, 100), "float32")
    tiles = {f"s{i}": s[i] for i in range(3)} | {f"m{i}": m[i] for i in range(3)}

    def passes(*flags):
        def call(t):
            for i, flag in enumerate(flags):
                nisa.nc_matmul(t.y, getattr(t, f"s{i}"), getattr(t, f"m{i}"), accumulate=flag)

        return run(call, **tiles, y=out((64, 100), buffer="psum"))

    each = [product(s[i], m[i]) for i in range(3)]
    same(passes(None, None, None), sum(each))
    same(passes(False, True, True), sum(each))
    same(passes(False, None, False), each[2])
    same(passes(False, False, True), each[1] + each[2])


def test_accumulation_where_something_was_written(rng):
    s, m = random(rng, (128, 64), "float32"), random(rng, (128, 100), "float32")

    def call(t):
        nisa.nc_matmul(t.y[:, :60], t.s, t.m[:, :60])
        nisa.nc_matmul(t.y[:, 20:], t.s, t.m[:, 20:])

    y = run(call, s=s, m=m, y=out((64, 100), buffer="psum"))
    expected = product(s, m)
    expected[:, 20:60] *= 2
    same(y, expected)
    tiles = {"s": s, "m": m, "y": out((64, 100), buffer="psum")}
    refuses("E213", lambda t: nisa.nc_matmul(t.y, t.s, t.m, accumulate=True), **tiles)


@pytest.mark.parametrize("machine", MACHINES)
def test_limits(machine):
    """n passes, n + 1 refuses."""
    columns = {"trn1": 512, "trn2": 512, "trn3": 4096}[machine]

    def at(k, rows, n, code=None):
        tiles = {
            "s": np.ones((k, rows), np.float32),
            "m": np.ones((k, n), np.float32),
            "y": scratch((rows, n), buffer="psum"),
            "z": out((1, 1), initial=0),
        }
        call = lambda t: nisa.nc_matmul(t.y, t.s, t.m)  # noqa: E731
        refuses(code, call, machine, **tiles) if code else run(call, machine, **tiles)

    at(128, 128, columns)
    at(128, 128, columns + 1, "E104" if machine != "trn3" else "E202")
    at(128, 129, 8, "E101")
    narrow = {"s": np.ones((8, 8), "f"), "m": np.ones((8, 8), "f"), "z": out((1, 1), initial=0)}
    call = lambda t: nisa.nc_matmul(t.y[:, 508:516], t.s, t.m)  # noqa: E731
    tile = scratch((8, 1024), buffer="psum")
    if machine == "trn3":
        run(call, machine, y=tile, **narrow)
    else:
        refuses("E116", call, machine, y=tile, **narrow)


@pytest.mark.parametrize("machine", MACHINES)
def test_bfloat16_results(rng, machine):
    s, m = random(rng, (128, 64), "bfloat16"), random(rng, (128, 100), "bfloat16")
    call = lambda t: nisa.nc_matmul(t.y, t.s, t.m)  # noqa: E731
    tiles = {"s": s, "m": m, "y": out((64, 100), "bfloat16", "psum")}
    if machine == "trn3":
        same(run(call, machine, **tiles), cast(product(s, m), "bfloat16"))
    else:
        refuses("E113", call, machine, **tiles)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kinds", [("float8_e4m3", "float8_e4m3"), ("float8_e5m2", "float8_e4m3")])
def test_double_row(rng, machine, kinds):
    s, m = (random(rng, (128, 2, n), kind) for n, kind in zip((64, 100), kinds, strict=True))
    call = lambda t: nisa.nc_matmul(t.y, t.s, t.m, perf_mode=DOUBLE)  # noqa: E731
    tiles = {"s": s, "m": m, "y": out((64, 100), buffer="psum")}
    if machine == "trn1":
        refuses("E113", call, machine, **tiles)
        return
    expected = wide(s.reshape(256, 64)).T @ wide(m.reshape(256, 100))
    same(run(call, machine, **tiles), expected)


def test_double_row_rules(rng):
    s = np.ones((128, 2, 64), dtype("float8_e4m3"))
    tiles = {"s": s, "m": s, "y": out((64, 64), buffer="psum")}
    call = nisa.nc_matmul

    def no(code, make, **more):
        refuses(code, make, **(tiles | more))

    double = lambda t: call(t.y, t.s, t.m, perf_mode=DOUBLE)  # noqa: E731
    no("E105", double, s=s.astype(dtype("bfloat16")), m=s.astype(dtype("bfloat16")))
    no("E110", double, s=s[:, :1], m=s[:, :1])
    no("E110", double, s=s.reshape(128, 128), m=s.reshape(128, 128))
    no("E111", lambda t: call(t.y, t.s, t.m, is_transpose=True, perf_mode=DOUBLE))
    no("E111", lambda t: call(t.y, t.s, t.m, tile_position=(0, 0), tile_size=(128, 64),
                              perf_mode=DOUBLE))  # fmt: skip
    run(lambda t: call(t.y, t.s, t.m, tile_position=(0, 0), tile_size=(128, 128), perf_mode=DOUBLE),
        **tiles)  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("tile", [(0, 64), (64, 64), (32, 32), (96, 32), (0, 128)])
def test_row_tiles(rng, machine, tile):
    start, size = tile
    rows = slice(start, start + size)
    s, m = random(rng, (128, 40), "bfloat16"), random(rng, (128, 50), "bfloat16")

    def call(t, position=start):
        nisa.nc_matmul(
            t.y, t.s[rows], t.m[rows], tile_position=(position, 0), tile_size=(size, 128)
        )

    tiles = {"s": s, "m": m, "y": out((40, 50), buffer="psum")}
    if machine == "trn1" and size == 32:
        refuses("E111", call, machine, **tiles)
        return
    same(run(call, machine, **tiles), product(s[rows], m[rows]))
    if size < 128:
        refuses("E108", lambda t: call(t, (start + size) % 128), machine, **tiles)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("tile", [(0, 64), (64, 64), (32, 32)])
def test_column_tiles(rng, machine, tile):
    start, size = tile
    s, m = random(rng, (128, size), "bfloat16"), random(rng, (128, 50), "bfloat16")

    def call(t, position=start):
        nisa.nc_matmul(t.y[start : start + size], t.s, t.m, tile_position=(0, position),
                       tile_size=(128, size))  # fmt: skip

    tiles = {"s": s, "m": m, "y": out((128, 50), buffer="psum", initial=0)}
    if machine == "trn1":
        refuses("E111", call, machine, **tiles)
        return
    expected = np.zeros((128, 50), np.float32)
    expected[start : start + size] = product(s, m)
    same(run(call, machine, **tiles), expected)
    refuses("E108", lambda t: call(t, (start + size) % 128), machine, **tiles)


def test_tiling_rules():
    x = np.ones((64, 64), np.float32)

    def no(code, position, size):
        refuses(
            code,
            lambda t: nisa.nc_matmul(t.y, t.s, t.m, tile_position=position, tile_size=size),
            s=x,
            m=x,
            y=out((64, 64), buffer="psum"),
        )

    no("E111", (0, 0), ())
    no("E111", (), (64, 64))
    no("E111", (0, 0, 0), (64, 64))
    no("E111", (0, 0), (48, 64))
    no("E111", (0, 0), (256, 64))
    no("E111", (32, 0), (64, 64))
    no("E111", (128, 0), (64, 64))
    no("E104", (0, 0), (32, 64))
    no("E104", (0, 0), (64, 32))


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
def test_transposition_is_exact(rng, machine, kind):
    x = rng.standard_normal((100, 37)).astype(dtype(kind))
    x[3, 4], x[5, 6] = np.nan, np.inf
    y = run(lambda t: nisa.nc_matmul(t.y, t.s, t.i, is_transpose=True), machine, s=x,
            i=np.eye(100, dtype=dtype(kind)), y=out((37, 100), kind, "psum"))  # fmt: skip
    same(y, x.T)


def test_transposition_by_generation_and_permutation(rng):
    x = rng.standard_normal((64, 20)).astype(np.float32)
    shift = np.roll(np.eye(64, dtype=np.float32), 1, axis=1)
    call = lambda t: nisa.nc_matmul(t.y, t.s, t.i, is_transpose=True)  # noqa: E731
    tiles = {"s": x, "y": out((20, 64), buffer="psum")}
    for machine in MACHINES:
        same(run(call, machine, i=shift, **tiles), np.roll(x, 1, axis=0).T)
    x[0, 0] = np.nan
    assert np.isnan(run(call, "trn1", i=np.eye(64, dtype="f"), **tiles)[0]).all()
    refuses("E111", call, i=2 * shift, **tiles)
    refuses("E111", call, i=np.ones((64, 64), np.float32), **tiles)
    narrow = {"s": x.astype(dtype("bfloat16")), "i": shift.astype(dtype("bfloat16"))}
    refuses("E106", call, **narrow, y=out((20, 64), buffer="psum"))
    for kind in ("bfloat16", "float32"):
        run(call, "trn1", **narrow, y=out((20, 64), kind, "psum"))


@pytest.mark.parametrize("packed", ["s", "i"])
def test_packs_are_no_identity_and_on_trn1_no_data(rng, packed):
    packs = rng.integers(0, 1 << 32, (64, 64)).astype(np.uint32).view(nl.float8_e5m2_x4.dtype)
    tiles = {"s": np.eye(64, dtype="f"), "i": np.eye(64, dtype="f"), packed: packs}
    call = lambda t: nisa.nc_matmul(t.y, t.s, t.i, is_transpose=True)  # noqa: E731
    machine = "trn3" if packed == "i" else "trn1"
    refuses("E105", call, machine, **tiles, y=out((64, 64), buffer="psum"))


def test_8_bit_elements_transposed_become_16(rng):
    x = random(rng, (64, 20), "float8_e4m3")
    eye = np.eye(64, dtype=x.dtype)
    y = run(lambda t: nisa.nc_matmul(t.y, t.s, t.i, is_transpose=True), s=x, i=eye,
            y=out((20, 64), "uint16", "psum"))  # fmt: skip
    np.testing.assert_array_equal(y, x.view(np.uint8).T)


def test_undefined_rows_and_columns_stay_where_they_are(rng):
    s, m = random(rng, (64, 8), "float32"), random(rng, (64, 8), "float32")

    def element(row, column):
        def call(t):
            nisa.tensor_copy(t.a[:, :4], t.s[:, :4])
            nisa.tensor_copy(t.b[:, :5], t.m[:, :5])
            nisa.nc_matmul(t.p, t.a, t.b)
            nisa.tensor_copy(t.all, t.p)
            nisa.dma_copy(t.y, t.all[row : row + 1, column : column + 1])

        return call

    tiles = {
        "s": s,
        "m": m,
        "a": scratch((64, 8)),
        "b": scratch((64, 8)),
        "p": scratch((8, 8), buffer="psum"),
        "all": scratch((8, 8)),
        "y": out((1, 1)),
    }
    same(run(element(3, 4), **tiles), product(s, m)[3:4, 4:5])
    refuses("E210", element(4, 4), **tiles)
    refuses("E210", element(3, 5), **tiles)


def test_rules():
    x = np.ones((64, 8), np.float32)
    call = lambda t: nisa.nc_matmul(t.y, t.s, t.m)  # noqa: E731
    tiles = {"s": x, "m": x, "y": out((8, 8), buffer="psum")}

    def no(code, machine="trn2", **more):
        refuses(code, call, machine, **(tiles | more))

    no("E107", s=psum(x))
    no("E107", m=psum(x))
    no("E107", y=out((8, 8)))
    no("E102", m=x[:32])
    no("E110", y=out((8, 9), buffer="psum"))
    no("E110", y=out((9, 8), buffer="psum"))
    no("E105", y=out((8, 8), "int32", "psum"))
    no("E105", s=x.astype(np.int32))
    legacy, ocp = x.astype(dtype("float8_e4m3")), x.astype(dtype("float8_e4m3fn"))
    no("E113", s=ocp, m=ocp)
    no("E106", "trn3", s=ocp, m=legacy)
    same(run(call, "trn3", **(tiles | {"s": ocp, "m": ocp})), np.full((8, 8), 64, np.float32))
