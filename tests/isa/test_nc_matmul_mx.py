"""nc_matmul_mx: block-scaled products, the scales' layout, accumulation, tiles of the array."""

import mx_oracle as mx
import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, scratch
from oracle import cast, same
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

PACKS = ["float8_e4m3fn_x4", "float8_e5m2_x4", "float4_e2m1fn_x4"]
E4M3, E5M2, E2M1 = PACKS


class Operand:
    """Blocks on the host: packs and codes as kernel arguments, and what they mean."""

    def __init__(self, rng, pack, partitions, columns, codes=(100, 130), elements=None):
        count = {E2M1: 16}.get(pack, 256)
        self.pack = pack
        if elements is None:
            finite = np.arange(count, dtype=np.uint8).view(mx.ELEMENTS[pack])
            finite = finite[np.isfinite(finite.astype(np.float32))]
            elements = finite[rng.integers(0, len(finite), (partitions, 4 * columns))]
        self.elements = elements
        self.codes = rng.integers(*codes, (partitions // 8, columns)).astype(np.uint8)

    @property
    def data(self):
        return mx.packed(self.elements)

    @property
    def scales(self):
        return mx.laid_out(self.codes)

    @property
    def values(self):
        return mx.values(self.elements, self.codes)


def view(tile, pack):
    return tile.view(getattr(nl, pack))


def multiply(s, m, machine="trn3", result=None, s_scale=None, m_scale=None, repeat=(None,), **more):
    def call(t):
        for flag in repeat:
            nisa.nc_matmul_mx(
                t.y, view(t.s, s.pack), view(t.m, m.pack),
                t.ss if s_scale is None else s_scale(t), t.ms if m_scale is None else m_scale(t),
                accumulate=flag, **more,
            )  # fmt: skip

    shape = (s.codes.shape[1], m.codes.shape[1])
    return run(call, machine, s=s.data, m=m.data, ss=s.scales, ms=m.scales,
               y=result or out(shape, buffer="psum"))  # fmt: skip


@pytest.mark.parametrize("kinds", [(a, b) for a in PACKS for b in PACKS])
@pytest.mark.parametrize("shape", [(128, 128, 40), (32, 2, 3), (64, 6, 130), (96, 20, 1)])
def test_types_in_the_stated_order(rng, kinds, shape):
    k, rows, columns = shape
    s, m = Operand(rng, kinds[0], k, rows), Operand(rng, kinds[1], k, columns)
    same(multiply(s, m), mx.product(s.values, m.values))


@pytest.mark.parametrize("pack", PACKS)
def test_every_element_against_every_scale(rng, pack):
    """A single block each, so that the product is one element times two scales."""
    codes = np.arange(256, dtype=np.uint8)
    s, m = Operand(rng, pack, 32, 128), Operand(rng, pack, 32, 256)
    s.codes[:] = np.arange(0, 256, 2)
    m.codes[:] = codes
    s.elements[1:], m.elements[1:] = 0, 0
    s.elements[0, 1::4], s.elements[0, 2::4], s.elements[0, 3::4] = 0, 0, 0
    expected = mx.product(s.values, m.values)
    got = multiply(s, m)
    same(got, expected)
    assert np.isnan(got[:, 255]).all() and np.isfinite(got[0, :255]).all()


def test_scaled_values_beyond_float32_give_the_product_that_fits(rng):
    """448 * 2^127 is no float32; times 2^-127 it is."""
    s, m = Operand(rng, E4M3, 128, 16), Operand(rng, E5M2, 128, 24)
    s.codes[:], m.codes[:] = 254, 0
    s.codes[3], m.codes[3] = 250, 3
    expected = mx.product(s.values, m.values)
    assert np.isfinite(expected).all() and np.abs(s.values).max() > np.finfo(np.float32).max
    same(multiply(s, m), expected)
    same(multiply(m, s), mx.product(m.values, s.values))
    m.codes[:] = 254
    assert not np.isfinite(multiply(s, m)).any()


def test_infinities_and_nan(rng):
    s, m = Operand(rng, E5M2, 32, 4), Operand(rng, E4M3, 32, 4)
    s.elements[:], m.elements[:] = 1, 1
    s.elements[0, 1], m.elements[0, 6] = np.inf, np.nan
    got = multiply(s, m)
    assert np.isinf(got[0, [0, 2, 3]]).all() and np.isnan(got[:, 1]).all()
    assert np.isfinite(got[1:, [0, 2, 3]]).all()


def test_scale_types(rng):
    s, m = Operand(rng, E4M3, 64, 8), Operand(rng, E2M1, 64, 8)
    got = multiply(s, m, s_scale=lambda t: t.ss.view(nl.float8_e8m0fnu))
    same(got, mx.product(s.values, m.values))


def test_scales_of_one_quadrant_need_four_rows(rng):
    s, m = Operand(rng, E4M3, 32, 8), Operand(rng, E4M3, 32, 8)
    got = multiply(s, m, s_scale=lambda t: t.ss[:4], m_scale=lambda t: t.ms[:20])
    same(got, mx.product(s.values, m.values))
    no = lambda t: t.ss[:3]  # noqa: E731
    with pytest.raises(Exception, match="E110"):
        multiply(s, m, s_scale=no)


@pytest.mark.parametrize("offset", [4, 8, 12])
def test_scales_at_an_offset(rng, offset):
    """One tile holds the scales of both operands, as after two quantize_mx."""
    s, m = Operand(rng, E4M3, 128, 16), Operand(rng, E5M2, 128, 16)
    both = mx.laid_out(s.codes)
    moved = mx.laid_out(m.codes, offset)
    both[moved != 0] = moved[moved != 0]

    def call(t):
        nisa.nc_matmul_mx(t.y, view(t.s, E4M3), view(t.m, E5M2), t.both, t.both[offset:])

    y = run(call, "trn3", s=s.data, m=m.data, both=both, y=out((16, 16), buffer="psum"))
    same(y, mx.product(s.values, m.values))

    def wrong(t):
        scales = t.both[offset + 1 :]
        nisa.nc_matmul_mx(t.y, view(t.s, E4M3), view(t.m, E5M2), t.both, scales)

    refuses("E108", wrong, "trn3", s=s.data, m=m.data, both=both, y=out((16, 16), buffer="psum"))


def test_as_quantize_mx_leaves_it(rng):
    a = cast(rng.standard_normal((128, 4 * 32)).astype(np.float32), "bfloat16")
    b = cast(rng.standard_normal((128, 4 * 48)).astype(np.float32), "float16")

    def call(t):
        scales = nl.ndarray((128, 48), dtype=nl.float8_e8m0fnu, buffer=nl.sbuf)
        s = nl.ndarray((128, 32), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        m = nl.ndarray((128, 48), dtype=nl.float8_e5m2_x4, buffer=nl.sbuf)
        nisa.quantize_mx(s, t.a, scales[:, :32])
        nisa.quantize_mx(m, t.b, scales[4:])
        nisa.nc_matmul_mx(t.y, s, m, scales[:, :32], scales[4:])

    y = run(call, "trn3", a=a, b=b, y=out((32, 48), buffer="psum"))
    expected = mx.product(*(mx.values(*mx.quantize(x, p)) for x, p in ((a, E4M3), (b, E5M2))))
    same(y, expected)
    exact = a.astype(np.float64).reshape(128, 32, 4), b.astype(np.float64).reshape(128, 48, 4)
    # Elements are off by a sixteenth and an eighth at most, but for subnormal ones.
    bound = 0.2 * np.einsum("kml,knl->mn", *(np.abs(x) for x in exact))
    assert (np.abs(y - np.einsum("kml,knl->mn", *exact)) < bound).all()


def test_accumulation(rng):
    s, m = Operand(rng, E4M3, 64, 8), Operand(rng, E4M3, 64, 12)
    once = mx.product(s.values, m.values)
    same(multiply(s, m, repeat=(None, None)), once + once)
    same(multiply(s, m, repeat=(False, True, True)), once + once + once)
    same(multiply(s, m, repeat=(False, False)), once)
    onto = out((8, 12), buffer="psum", initial=3)
    same(multiply(s, m, result=onto), (np.float32(3) + once).astype(np.float32))
    with pytest.raises(Exception, match="E213"):
        multiply(s, m, repeat=(True,))


def test_bfloat16_results(rng):
    s, m = Operand(rng, E4M3, 64, 8), Operand(rng, E4M3, 64, 12)
    once = mx.product(s.values, m.values)
    got = multiply(s, m, result=out((8, 12), "bfloat16", "psum"), repeat=(None, None))
    rounded = cast(once, "bfloat16").astype(np.float32)
    same(got, cast(rounded + once, "bfloat16"))


@pytest.mark.parametrize("tile", [(0, 64), (64, 64), (32, 32), (96, 32), (0, 128)])
def test_row_tiles(rng, tile):
    start, size = tile
    s, m = Operand(rng, E4M3, 128, 8), Operand(rng, E4M3, 128, 12)

    def call(t, position=start, columns=128, column=0):
        at = slice(start, start + size)
        nisa.nc_matmul_mx(
            t.y, view(t.s, E4M3)[at], view(t.m, E4M3)[at], t.ss[at], t.ms[at],
            tile_position=(position, column), tile_size=(size, columns),
        )  # fmt: skip

    tiles = {"s": s.data, "m": m.data, "ss": s.scales, "ms": m.scales}
    tiles["y"] = out((8, 12), buffer="psum")
    rows = slice(start, start + size)
    same(run(call, "trn3", **tiles), mx.product(s.values[rows], m.values[rows]))
    refuses("E111", lambda t: call(t, columns=64), "trn3", **tiles)
    refuses("E111", lambda t: call(t, column=64), "trn3", **tiles)
    if size < 128:
        refuses("E108", lambda t: call(t, (start + size) % 128), "trn3", **tiles)


def test_views(rng):
    s, m = Operand(rng, E4M3, 128, 16), Operand(rng, E2M1, 128, 24)

    def call(t):
        nisa.nc_matmul_mx(
            t.y[:8, 4:16], view(t.s, E4M3)[64:, ::2], view(t.m, E2M1)[64:, 12:],
            t.ss[64:, ::2], t.ms[64:, 12:],
        )  # fmt: skip

    y = run(call, "trn3", s=s.data, m=m.data, ss=s.scales, ms=m.scales,
            y=out((16, 20), buffer="psum", initial=0))  # fmt: skip
    pick = lambda a, at: a.reshape(128, -1, 4)[64:, at].reshape(64, -1)  # noqa: E731
    expected = np.zeros((16, 20), np.float32)
    expected[:8, 4:16] = mx.product(
        pick(s.values, slice(None, None, 2)), pick(m.values, slice(12, None))
    )
    same(y, expected)


def test_only_scales_in_use_need_be_there(rng):
    s, m = Operand(rng, E4M3, 64, 8), Operand(rng, E4M3, 64, 8)

    def call(t, rows):
        scales = nl.ndarray((64, 8), dtype=nl.uint8, buffer=nl.sbuf)
        for q in (0, 32):
            nisa.dma_copy(scales[q : q + rows], t.ss[q : q + rows])
        nisa.nc_matmul_mx(t.p, view(t.s, E4M3), view(t.m, E4M3), scales, t.ms)
        nisa.tensor_copy(t.y, t.p)

    tiles = {"s": s.data, "m": m.data, "ss": s.scales, "ms": m.scales}
    tiles |= {"p": scratch((8, 8), buffer="psum"), "y": out((8, 8))}
    same(run(lambda t: call(t, 4), "trn3", **tiles), mx.product(s.values, m.values))
    refuses("E210", lambda t: call(t, 3), "trn3", **tiles)


@pytest.mark.parametrize("machine", MACHINES)
def test_generations(rng, machine):
    s, m = Operand(rng, E4M3, 32, 4), Operand(rng, E4M3, 32, 4)
    if machine == "trn3":
        multiply(s, m, machine)
    else:
        with pytest.raises(Exception, match="E113"):
            multiply(s, m, machine)


def test_limits(rng):
    def at(k, rows, columns, code=None, kind="float32"):
        s, m = Operand(rng, E4M3, k, rows), Operand(rng, E4M3, k, columns)

        def call(t):
            y = nl.ndarray((rows, columns), dtype=getattr(nl, kind), buffer=nl.psum)
            nisa.nc_matmul_mx(y, view(t.s, E4M3), view(t.m, E4M3), t.ss, t.ms)

        tiles = {"s": s.data, "m": m.data, "ss": s.scales, "ms": m.scales}
        tiles["z"] = out((1, 1), initial=0)
        refuses(code, call, "trn3", **tiles) if code else run(call, "trn3", **tiles)

    at(32, 128, 4)
    at(32, 130, 4, "E101")
    at(32, 3, 4, "E110")
    at(32, 2, 4096)
    at(32, 2, 4097, "E202")
    at(32, 2, 8192, kind="bfloat16")
    at(32, 2, 8193, "E202", kind="bfloat16")


def test_rules(rng):
    s, m = Operand(rng, E4M3, 64, 8), Operand(rng, E4M3, 64, 12)
    tiles = {"s": s.data, "m": m.data, "ss": s.scales, "ms": m.scales}
    tiles["y"] = out((8, 12), buffer="psum")

    def no(code, s=lambda t: t.s, m=lambda t: t.m, ss=lambda t: t.ss, ms=lambda t: t.ms,
           pack=E4M3, **more):  # fmt: skip
        call = lambda t: nisa.nc_matmul_mx(  # noqa: E731
            t.y, view(s(t), pack), view(m(t), E4M3), ss(t), ms(t)
        )
        refuses(code, call, "trn3", **(tiles | more))

    no("E105", pack="float32")
    no("E105", pack="uint32")
    no("E105", ss=lambda t: t.ss.view(nl.int8))
    no("E105", y=out((8, 12), "float16", "psum"))
    no("E107", y=out((8, 12)))
    no("E107", s=lambda t: t.p, p=psum(s.data))
    no("E107", ss=lambda t: t.p, p=psum(s.scales))
    no("E102", m=lambda t: t.m[:32], ms=lambda t: t.ms[:32])
    no("E110", s=lambda t: t.s[:48], m=lambda t: t.m[:48])
    no("E103", ss=lambda t: t.ss[:, :7])
    no("E103", ms=lambda t: t.ms[:, :11])
    no("E110", ss=lambda t: t.ss[:35])
    no("E110", y=out((8, 11), buffer="psum"))
    no("E110", y=out((12, 12), buffer="psum"))


def snake(offsets, partitions):
    """An index of the Tensor Engine: offset i at [i % 32, i / 32], in every quadrant."""
    tile = np.zeros((partitions, -(-len(offsets) // 32)), np.int32)
    for i, offset in enumerate(offsets):
        tile[i % 32 :: 32, i // 32] = offset
    return tile


def columns_of(values, offsets):
    return values.reshape(len(values), -1, 4)[:, offsets].reshape(len(values), -1)


def test_indirect_packs_and_scales(rng):
    s, m = Operand(rng, E4M3, 64, 24), Operand(rng, E2M1, 64, 60)
    rows, columns = rng.permutation(24)[:16], rng.permutation(60)[:40]
    tiles = {"s": s.data, "m": m.data, "ss": s.scales, "ms": m.scales}
    tiles |= {"i": snake(rows, 64), "j": snake(columns, 64)}
    tiles["y"] = out((16, 40), buffer="psum")

    def call(t, scale=lambda t: t.ss.indirect(t.i, 16), **more):
        nisa.nc_matmul_mx(
            t.y, view(t.s, E4M3).indirect(t.i, 16), view(t.m, E2M1).indirect(t.j, 40), scale(t),
            t.ms.indirect(t.j, 40), **more,
        )  # fmt: skip

    expected = mx.product(columns_of(s.values, rows), columns_of(m.values, columns))
    same(run(call, "trn3", **tiles), expected)
    run(lambda t: call(t, tile_position=(0, 0), tile_size=(64, 128)), "trn3", **tiles)
    tiled = {"tile_position": (64, 0), "tile_size": (64, 128)}
    refuses("E111", lambda t: call(t, **tiled), "trn3", **tiles)
    refuses("E111", lambda t: call(t, lambda t: t.ss[:, :16]), "trn3", **tiles)
    tiles["k"] = tiles["i"]
    refuses("E111", lambda t: call(t, lambda t: t.ss.indirect(t.k, 16)), "trn3", **tiles)


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_indirect_results(rng, kind):
    s, m = Operand(rng, E4M3, 64, 32), Operand(rng, E4M3, 64, 12)
    offsets = rng.permutation(12)
    tiles = {"s": s.data, "m": m.data, "ss": s.scales, "ms": m.scales, "i": snake(offsets, 32)}

    def call(t):
        for _ in range(2):
            nisa.nc_matmul_mx(
                t.y.indirect(t.i, 12), view(t.s, E4M3), view(t.m, E4M3), t.ss, t.ms
            )  # fmt: skip

    once = mx.product(s.values, m.values)
    expected = np.empty_like(once)
    first = cast(once, kind).astype(np.float32)
    expected[:, offsets] = first + once
    same(run(call, "trn3", y=out((32, 12), kind, "psum"), **tiles), cast(expected, kind))
